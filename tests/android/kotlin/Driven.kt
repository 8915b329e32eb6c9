package io.actmobile.tests

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.view.View
import android.widget.Button
import android.widget.LinearLayout
import android.widget.RadioButton
import android.widget.RadioGroup
import android.widget.TextView
import fake.Phone
import io.actmobile.demo.DemoApp
import io.actmobile.demo.MainActivity
import io.actmobile.demo.R
import java.io.File
import java.util.concurrent.CountDownLatch
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue

/** The app on a fake phone: its activity is taken through its life as Android would. */
class Driven(
    models: List<String>,
    named: (String) -> String = { it },
    whenAssetIsRead: Phone.AssetReading = Phone.AssetReading {},
) {
    lateinit var activity: MainActivity
        private set

    /** The error that ended a thread of the app: on a phone, the app. */
    @Volatile
    private var crash: Throwable? = null

    init {
        last?.end()
        Phone.home = File.createTempFile("phone", "", File(System.getProperty("java.io.tmpdir"))).apply {
            delete()
            mkdirs()
        }
        Phone.app = File(System.getProperty("app"))
        Phone.r = R::class.java
        Phone.isNight = false
        Phone.isDebug = false
        Phone.language = ""
        Phone.fontScale = 1f
        Phone.started.clear()
        Phone.documents.clear()
        Phone.log.clear()
        Phone.isTalkBackOn = false
        Phone.listeners.clear()
        Phone.refusal = null
        Phone.installed = 0
        Phone.whenAssetIsRead = whenAssetIsRead
        crash = null
        Thread.setDefaultUncaughtExceptionHandler { _, error -> crash = error }
        for (model in models) {
            File(System.getProperty("models"), model).copyRecursively(File(Phone.home, "assets/models/${named(model)}"))
        }
        startProcess()
        create(null)
        last = this
    }

    /** The models of the app are there. */
    fun ready(): Driven = apply { until("brought") { !session.isBringing } }

    val session get() = activity.session

    private fun startProcess() {
        val app = DemoApp()
        Phone.application = app
        app.onCreate()
    }

    private fun create(saved: Bundle?) {
        activity = MainActivity()
        call(activity, "onCreate", Bundle::class.java to saved)
        call(activity, "onStart")
    }

    /** Leave the app, and come back to it. */
    fun background(between: () -> Unit = {}) {
        call(activity, "onStop")
        between()
        call(activity, "onStart")
    }

    fun rotate() = create(stop())

    /** The system ends the process while the app is away. */
    fun killAndRestore() {
        val saved = stop()
        end()
        startProcess()
        create(saved)
    }

    /** The process ends, and with it what it still computes and what it would have told. */
    private fun end() {
        val idle = CountDownLatch(2)
        session.worker.afterwards(idle::countDown)
        session.writer.afterwards(idle::countDown)
        idle.await()
        Phone.removeAllTasks()
    }

    private fun stop(): Bundle {
        val saved = Bundle()
        call(activity, "onSaveInstanceState", Bundle::class.java to saved)
        call(activity, "onStop")
        call(activity, "onDestroy")
        return saved
    }

    fun result(intent: Intent, request: Int = 1) = call(
        activity, "onActivityResult", Int::class.java to request, Int::class.java to Activity.RESULT_OK, Intent::class.java to intent,
    )

    private fun call(on: Activity, name: String, vararg arguments: Pair<Class<*>, Any?>) {
        var type: Class<*>? = on.javaClass
        while (type != null) {
            val method = type.declaredMethods.firstOrNull { it.name == name && it.parameterTypes.asList() == arguments.map { (t, _) -> t } }
            if (method != null) {
                method.isAccessible = true
                try {
                    method.invoke(on, *arguments.map { it.second }.toTypedArray())
                } catch (error: java.lang.reflect.InvocationTargetException) {
                    throw error.targetException
                }
                return
            }
            type = type.superclass
        }
        throw NoSuchMethodException(name)
    }

    /** Run the UI thread until something holds. */
    fun until(what: String, holds: () -> Boolean) {
        val end = System.nanoTime() + SECONDS * 1_000_000_000L
        while (!holds()) {
            assertTrue("$what: not within $SECONDS s; notice: ${notice()}", System.nanoTime() < end)
            Phone.runTask(MILLISECONDS)
            crash?.let { throw AssertionError("$what: a thread ended", it) }
        }
    }

    /** Run what is due on the UI thread. */
    fun settle() {
        do {
            val ran = Phone.runTask(0)
        } while (ran)
        crash?.let { throw AssertionError("a thread ended", it) }
    }

    fun <T : View> view(id: Int): T = checkNotNull(activity.findViewById<T>(id)) { "no view ${fake.Res.name("id", id)}" }

    fun text(id: Int): String = view<TextView>(id).text.toString()

    fun notice(): String = text(R.id.notice)

    fun click(id: Int) {
        view<View>(id).performClick()
    }

    fun tabs(): List<String> = view<LinearLayout>(R.id.tabs).let { tabs -> List(tabs.childCount) { (tabs.getChildAt(it) as Button).text.toString() } }

    fun tab(title: Int) {
        val tabs = view<LinearLayout>(R.id.tabs)
        val tab = (0 until tabs.childCount).map { tabs.getChildAt(it) as Button }.firstOrNull { it.text == activity.getString(title) }
        assertNotNull("no tab ${activity.getString(title)} among ${tabs()}", tab)
        tab!!.performClick()
    }

    fun choose(model: String) {
        val group = view<RadioGroup>(R.id.models)
        val button = (0 until group.childCount).map { group.getChildAt(it) as RadioButton }.first { it.text.startsWith(model) }
        group.check(button.id)
    }

    fun open(model: String) {
        ready()
        tab(R.string.models)
        choose(model)
        click(R.id.open)
        until("open $model") { session.open?.entry?.name == model && session.settings["opening"] == null }
    }

    private companion object {
        /** The phone of the test before, whose threads are this process's. */
        var last: Driven? = null

        const val SECONDS = 60
        const val MILLISECONDS = 50L
    }
}
