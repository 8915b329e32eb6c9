package io.actmobile.demo.ui

import android.content.pm.ApplicationInfo
import android.view.View
import android.widget.Button
import android.widget.TextView
import io.actmobile.demo.R

/** Few things to set; what is kept, and taken away again; and a notice where times mean little. */
class SettingsScreen : Screen("settings", R.string.settings, R.layout.screen_settings) {
    override fun bind(root: View, demo: Demo) {
        val isDebug = demo.context.applicationInfo.flags and ApplicationInfo.FLAG_DEBUGGABLE != 0
        root.needs<TextView>(R.id.debug_notice).show(isDebug)
        (demo.session.settings.unwritten ?: demo.session.draft.unwritten)?.let(demo::notice)
        root.needs<Button>(R.id.clear_history).setOnClickListener {
            demo.orNotice {
                demo.session.history.clear()
                demo.notice(demo.text(R.string.history_cleared))
            }
        }
        root.needs<Button>(R.id.clear_text).setOnClickListener {
            demo.session.draft.text = null
            demo.notice(demo.text(R.string.text_cleared))
        }
    }
}
