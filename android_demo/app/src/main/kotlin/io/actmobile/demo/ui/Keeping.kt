package io.actmobile.demo.ui

import android.view.View
import android.widget.Button
import io.actmobile.demo.R
import io.actmobile.demo.run.History
import io.actmobile.demo.run.Session

/** The two buttons under a result: keep it in the history, share it as text. */
object Keeping {
    /** @param result a line, and all of it; null while there is none. */
    fun bind(root: View, demo: Demo, open: Session.Open, result: () -> Pair<String, String>?) {
        root.needs<Button>(R.id.keep).setOnClickListener {
            val (summary, detail) = result() ?: return@setOnClickListener demo.notice(demo.text(R.string.no_result))
            val now = System.currentTimeMillis()
            val entry = History.Entry(now, open.entry.name, open.opened.model.backend, summary, detail)
            demo.orNotice {
                demo.session.history.add(entry)
                demo.notice(demo.text(R.string.kept))
            }
        }
        root.needs<Button>(R.id.share).setOnClickListener {
            val (_, detail) = result() ?: return@setOnClickListener demo.notice(demo.text(R.string.no_result))
            demo.share("$detail\n${open.entry.name}, ${open.opened.model.backend}")
        }
    }
}
