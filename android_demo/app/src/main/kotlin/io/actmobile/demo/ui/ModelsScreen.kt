package io.actmobile.demo.ui

import android.view.View
import android.widget.Button
import android.widget.RadioButton
import android.widget.RadioGroup
import android.widget.TextView
import io.actmobile.demo.R
import io.actmobile.demo.run.Models
import io.actmobile.demo.run.Settings
import io.actmobile.kit.Runtime

/** Choose a model and a runtime, before anything of either is loaded. */
class ModelsScreen : Screen("models", R.string.models, R.layout.screen_models) {
    private var entries = emptyList<Models.Entry>()
    private var runtimes = emptyList<Runtime>()
    private var chosen: Models.Entry? = null
    private var runtime: Runtime? = null

    override fun bind(root: View, demo: Demo) {
        val session = demo.session
        // Their manifests are read with them, off the UI thread.
        entries = if (session.isBringing) emptyList() else session.models.entries()
        val list = root.needs<RadioGroup>(R.id.models)
        val runtimeList = root.needs<RadioGroup>(R.id.runtimes)
        val openButton = root.needs<Button>(R.id.open)
        val delete = root.needs<Button>(R.id.delete)
        root.needs<TextView>(R.id.no_models).show(entries.isEmpty() && !session.isBringing)

        fun choose(entry: Models.Entry?) {
            chosen = entry
            runtimes = entry?.let(session::runtimesOf).orEmpty()
            runtime = runtimes.firstOrNull()
            fill(runtimeList, demo, runtimes.map { it.name }, 0) { runtime = runtimes[it] }
            openButton.isEnabled = runtime != null
            delete.show(entry?.name?.startsWith(Models.OWN) == true)
            demo.notice(if (entry == null) null else entry.problem)
        }

        val names = listOf(session.attempt?.entry?.name, chosen?.name, session.open?.entry?.name, session.settings[Settings.MODEL])
        val first = names.map { name -> entries.indexOfFirst { it.name == name } }.firstOrNull { it >= 0 } ?: 0
        val start = if (entries.isEmpty()) -1 else first
        fill(list, demo, entries.map(::label), start) { choose(entries[it]) }
        choose(entries.getOrNull(start))
        val ended = session.endedBy
        if (ended != null && !session.isBringing) {
            demo.notice(demo.text(R.string.ended_by, ended))
            session.forgetEnd()
        }
        openButton.setOnClickListener { open(demo, root) }
        delete.setOnClickListener {
            chosen?.let(session::delete)
            bind(root, demo)
        }
        root.needs<Button>(R.id.own).setOnClickListener { demo.chooseFiles() }
        root.needs<Button>(R.id.own_folder).setOnClickListener { demo.chooseFolder() }
        showState(root, demo)
    }

    private fun showState(root: View, demo: Demo) {
        val (attempt, open) = demo.session.attempt to demo.session.open
        root.needs<TextView>(R.id.opened).text = when {
            attempt != null -> demo.text(R.string.opening, label(attempt.entry), attempt.runtime.name)
            open != null -> demo.text(R.string.is_open, label(open.entry), open.opened.model.backend)
            else -> ""
        }
    }

    private fun open(demo: Demo, root: View) {
        val entry = chosen ?: return
        val with = runtime ?: return
        demo.notice(null)
        demo.session.open(entry, with)
        showState(root, demo)
        demo.showTabs()
    }

    private fun label(entry: Models.Entry): String {
        val manifest = entry.manifest ?: return entry.name
        return "${entry.name} · ${manifest.ponder}, ${manifest.precision}"
    }

    private fun fill(group: RadioGroup, demo: Demo, labels: List<String>, checked: Int, choose: (Int) -> Unit) {
        group.setOnCheckedChangeListener(null)
        group.removeAllViews()
        labels.forEachIndexed { i, label ->
            val button = RadioButton(demo.context)
            button.id = i + 1
            button.text = label
            button.minHeight = demo.pixels(TOUCH).toInt()
            group.addView(button)
        }
        if (checked >= 0) group.check(checked + 1)
        group.setOnCheckedChangeListener { _, id -> if (id in 1..labels.size) choose(id - 1) }
    }

    private companion object {
        const val TOUCH = 48f
    }
}
