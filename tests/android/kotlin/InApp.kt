package io.actmobile.tests

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.widget.TextView
import fake.Phone
import io.actmobile.demo.BenchmarkActivity
import io.actmobile.demo.DemoApp
import io.actmobile.demo.R
import java.io.File

/** The app's benchmark entry on the JVM. As a program it is the app's process, which `am start` starts with extras. */
object InApp {
    /** The app on a phone whose files are in the folder of the property `home`. */
    fun install() {
        Phone.home = File(System.getProperty("home"))
        Phone.app = File(System.getProperty("app"))
        Phone.r = R::class.java
        Phone.application = DemoApp().apply { onCreate() }
    }

    /** Start the entry and wait for its end; what is then on the screen. */
    fun measure(extras: Map<String, Any>): String {
        val activity = BenchmarkActivity()
        activity.intent = Intent().apply { extras.forEach { (name, value) -> this.extras.put(name, value) } }
        val create = Activity::class.java.getDeclaredMethod("onCreate", Bundle::class.java)
        create.isAccessible = true
        create.invoke(activity, null)
        val status = activity.findViewById<TextView>(R.id.status)
        while (status.text.toString() == activity.getString(R.string.measuring)) Phone.runTask(50)
        return status.text.toString()
    }

    @JvmStatic
    fun main(words: Array<String>) {
        install()
        measure(
            words.toList().chunked(3).associate { (kind, name, value) ->
                name to when (kind) {
                    "--ei" -> value.toInt()
                    "--ef" -> value.toFloat()
                    else -> value
                }
            },
        )
    }
}
