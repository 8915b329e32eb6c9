package io.actmobile.demo

import android.app.Activity
import android.content.Context
import android.content.Intent
import android.content.res.Configuration
import android.os.Bundle
import android.util.TypedValue
import android.view.LayoutInflater
import android.widget.Button
import android.widget.FrameLayout
import android.widget.LinearLayout
import android.widget.TextView
import io.actmobile.demo.draw.Palette
import io.actmobile.demo.run.Session
import io.actmobile.demo.ui.Demo
import io.actmobile.demo.ui.FactsScreen
import io.actmobile.demo.ui.HistoryScreen
import io.actmobile.demo.ui.MazeScreen
import io.actmobile.demo.ui.ModelsScreen
import io.actmobile.demo.ui.OwnModels
import io.actmobile.demo.ui.PlainScreen
import io.actmobile.demo.ui.Screen
import io.actmobile.demo.ui.SettingsScreen
import io.actmobile.demo.ui.TextScreen
import io.actmobile.demo.ui.show

/** The app's one window: tabs for the screens that the open model has. */
class MainActivity : Activity(), Demo {
    /** In the order of the tabs; a model's kind decides which of the middle ones there are. */
    private val screens = listOf(
        ModelsScreen(), TextScreen(), MazeScreen(), PlainScreen(), FactsScreen(), HistoryScreen(), SettingsScreen(),
    )
    private var current: Screen = screens.first()

    /** The screen that is gone to once its model is there. */
    private var awaited: Screen? = null
    private var isStarted = false

    override val context: Context get() = this
    override val session: Session get() = (application as DemoApp).session
    override val palette: Palette
        get() {
            val night = resources.configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK
            return if (night == Configuration.UI_MODE_NIGHT_YES) Palette.DARK else Palette.LIGHT
        }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_main)
        val wanted = savedInstanceState?.getString(SCREEN)
        current = screens.firstOrNull { it.name == wanted } ?: screens.first()
    }

    override fun onStart() {
        super.onStart()
        isStarted = true
        session.onNews = ::arrive
        arrive()
    }

    /** Go where the session lets the user be: at a start, and when a model, or all of the app's, are there, or refused. */
    private fun arrive() {
        val wanted = awaited ?: current
        val needsModel = wanted.name !in ALWAYS
        val end = session.takeEnd()
        val attempt = session.attempt
        notice(null)
        when {
            session.isBringing -> await(wanted, text(R.string.bringing))
            attempt != null && needsModel -> await(wanted, text(R.string.opening, attempt.entry.name, attempt.runtime.name))
            end == null && session.open == null && needsModel -> reopen(wanted)
            end?.isOpen == true && wanted === screens.first() -> go(screens.drop(1).first { it.isFor(session) })
            else -> go(wanted)
        }
        session.missing?.let { notice(text(R.string.not_copied, it)) }
        if (end?.isOpen == false) notice(end.reason ?: text(R.string.no_memory))
    }

    /** Show the models until the screen can be gone to. */
    private fun await(wanted: Screen, words: String) {
        go(screens.first())
        awaited = wanted
        notice(words)
    }

    override fun onStop() {
        isStarted = false
        session.onNews = null
        current.leave()
        super.onStop()
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putString(SCREEN, (awaited ?: current).name)
    }

    /** The model was closed while the app was away: open it again, unless that is what ended the app. */
    private fun reopen(wanted: Screen) {
        val entry = session.lastModel().takeIf { session.endedBy == null }
        val runtime = entry?.let(session::runtimesOf)?.firstOrNull() ?: return go(screens.first())
        session.open(entry, runtime)
        await(wanted, text(R.string.opening, entry.name, runtime.name))
    }

    private fun go(to: Screen) {
        current.leave()
        awaited = null
        current = if (to.isFor(session)) to else screens.first()
        showTabs()
        val content = findViewById<FrameLayout>(R.id.content)
        content.removeAllViews()
        val shown = LayoutInflater.from(this).inflate(current.layout, content, false)
        content.addView(shown)
        current.bind(shown, this)
    }

    override fun showTabs() {
        val tabs = findViewById<LinearLayout>(R.id.tabs)
        tabs.removeAllViews()
        for (screen in screens.filter { it.isFor(session) }) {
            val tab = LayoutInflater.from(this).inflate(R.layout.tab, tabs, false) as Button
            tab.text = text(screen.title)
            tab.isSelected = screen === current
            tab.setOnClickListener {
                notice(null)
                go(screen)
            }
            tabs.addView(tab)
        }
    }

    override fun text(id: Int, vararg arguments: Any): String = getString(id, *arguments)

    override fun pixels(dp: Float, scaled: Boolean): Float = TypedValue.applyDimension(
        if (scaled) TypedValue.COMPLEX_UNIT_SP else TypedValue.COMPLEX_UNIT_DIP, dp, resources.displayMetrics,
    )

    override fun notice(text: String?) {
        val view = findViewById<TextView>(R.id.notice)
        view.show(text != null)
        view.text = text ?: ""
    }

    override fun share(text: String) {
        val send = Intent(Intent.ACTION_SEND)
        send.type = "text/plain"
        send.putExtra(Intent.EXTRA_TEXT, text)
        startActivity(Intent.createChooser(send, text(R.string.share)))
    }

    override fun chooseFiles() = startActivityForResult(OwnModels.chooseFiles(), FILES)

    override fun chooseFolder() = startActivityForResult(OwnModels.chooseFolder(), FOLDER)

    override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        super.onActivityResult(requestCode, resultCode, data)
        if (resultCode != RESULT_OK || data == null) return
        val tree = data.data
        val given = when {
            requestCode == FILES -> ({ OwnModels.files(contentResolver, data) })
            requestCode == FOLDER && tree != null -> ({ OwnModels.folder(contentResolver, tree) })
            else -> return
        }
        session.worker.start(
            { session.models.add(given()) },
            { notice(it ?: text(R.string.no_memory)) },
            { entry ->
                if (isStarted) go(screens.first())
                notice(text(R.string.added, entry.name))
            },
        )
    }

    private companion object {
        const val SCREEN = "screen"
        const val FILES = 1
        const val FOLDER = 2
        val ALWAYS = setOf("models", "history", "settings")
    }
}
