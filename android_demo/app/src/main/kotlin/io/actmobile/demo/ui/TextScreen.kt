package io.actmobile.demo.ui

import android.text.Editable
import android.text.TextWatcher
import android.view.View
import android.widget.EditText
import android.widget.TextView
import io.actmobile.demo.R
import io.actmobile.demo.draw.ColouredText
import io.actmobile.demo.run.Kind
import io.actmobile.demo.run.Session
import io.actmobile.demo.run.TextReading
import io.actmobile.demo.run.Worker

/** Text: each character on the colour of its ponder steps. */
class TextScreen : Screen("text", R.string.text, R.layout.screen_text) {
    private var job: Worker.Job? = null
    private var reading: TextReading? = null
    private var panel: BudgetPanel? = null

    override fun isFor(session: Session) = session.open?.kind == Kind.TEXT

    override fun bind(root: View, demo: Demo) {
        val session = demo.session
        val open = session.open ?: return
        val input = root.needs<EditText>(R.id.input)
        reading = null
        input.setText(session.draft.text ?: demo.text(R.string.sample))

        panel = BudgetPanel(root, demo, open, R.string.times) { read(root, demo, open, input.text.toString()) }
        input.addTextChangedListener(object : TextWatcher {
            override fun beforeTextChanged(s: CharSequence?, start: Int, count: Int, after: Int) = Unit

            override fun onTextChanged(s: CharSequence?, start: Int, before: Int, count: Int) = Unit

            override fun afterTextChanged(s: Editable?) {
                val text = s?.toString() ?: ""
                session.draft.text = text
                read(root, demo, open, text)
            }
        })
        Keeping.bind(root, demo, open) { reading?.let { summary(demo, it) to detail(demo, it) } }
        read(root, demo, open, input.text.toString())
    }

    override fun leave() {
        job?.cancel()
        panel = null
    }

    private fun read(root: View, demo: Demo, open: Session.Open, text: String) {
        job?.cancel()
        val session = demo.session
        job = session.worker.start(
            { alive -> TextReading.read(text, session.streamer(open), open.manifest.maxPonder, alive) },
            { reason -> demo.notice(reason ?: demo.text(R.string.no_memory)) },
            { read ->
                reading = read
                panel?.show(read.statistics)
                show(root, demo, open, read)
            },
        )
    }

    private fun show(root: View, demo: Demo, open: Session.Open, read: TextReading) {
        val words = summary(demo, read)
        val letters = demo.pixels(LETTERS, scaled = true)
        root.needs<PictureView>(R.id.coloured).show(
            ColouredText(read.text, read.marks, open.manifest.maxPonder, demo.palette, letters, words),
        )
        StepsPanel.show(root, demo, read.statistics)
        root.needs<TextView>(R.id.summary).text = words
    }

    private fun summary(demo: Demo, read: TextReading): String {
        if (read.statistics.steps == 0) return demo.text(R.string.text_empty)
        val all = demo.text(R.string.text_summary, read.statistics.steps, read.statistics.meanPonderSteps)
        val cut = if (read.isCut) " " + demo.text(R.string.text_cut, TextReading.MOST_BYTES) else ""
        val part = if (read.marks.size == TextReading.SHOWN) " " + demo.text(R.string.text_part, TextReading.SHOWN) else ""
        return all + cut + part
    }

    private fun detail(demo: Demo, read: TextReading): String =
        "${read.text.take(SHARED)}\n${summary(demo, read)}\n${StepsPanel.words(demo, read.statistics)}"

    private companion object {
        const val LETTERS = 18f
        const val SHARED = 2000
    }
}
