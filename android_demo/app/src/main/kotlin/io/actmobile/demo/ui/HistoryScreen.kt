package io.actmobile.demo.ui

import android.view.LayoutInflater
import android.view.View
import android.widget.Button
import android.widget.LinearLayout
import android.widget.TextView
import io.actmobile.demo.R
import io.actmobile.demo.run.History
import java.text.DateFormat
import java.util.Date

/** Runs that were kept: on this device alone, to be read again, shared and deleted. */
class HistoryScreen : Screen("history", R.string.history, R.layout.screen_history) {
    override fun bind(root: View, demo: Demo) {
        val list = root.needs<LinearLayout>(R.id.entries)
        val entries = demo.session.history.entries()
        list.removeAllViews()
        root.needs<TextView>(R.id.no_entries).show(entries.isEmpty())
        val inflater = LayoutInflater.from(demo.context)
        for (entry in entries) {
            val row = inflater.inflate(R.layout.row_history, list, false)
            fill(row, entry, demo)
            row.needs<Button>(R.id.delete).setOnClickListener {
                demo.orNotice { demo.session.history.delete(entry) }
                bind(root, demo)
            }
            list.addView(row)
        }
    }

    private fun fill(row: View, entry: History.Entry, demo: Demo) {
        val time = DateFormat.getDateTimeInstance(DateFormat.SHORT, DateFormat.SHORT).format(Date(entry.time))
        val detail = row.needs<TextView>(R.id.detail)
        row.needs<TextView>(R.id.entry).text = "$time · ${entry.model}\n${entry.summary}"
        detail.text = "${entry.backend}\n\n${entry.detail}"
        row.needs<Button>(R.id.more).setOnClickListener { detail.show(detail.visibility != View.VISIBLE) }
        row.needs<Button>(R.id.share).setOnClickListener { demo.share("$time\n${entry.model}, ${entry.backend}\n${entry.detail}") }
    }
}
