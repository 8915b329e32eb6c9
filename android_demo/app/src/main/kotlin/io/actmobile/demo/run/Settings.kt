package io.actmobile.demo.run

import io.actmobile.kit.Json
import io.actmobile.kit.Refused
import java.io.File
import java.io.IOException

/** A few words that outlive the app's process, in a file. */
class Settings(private val file: File) {
    private val values = LinkedHashMap<String, String>()

    /** Why the last value could not be written; null if it could. */
    var unwritten: String? = null
        private set

    init {
        if (file.exists()) {
            try {
                (Json.read(file.readText(), file.name) as? Map<*, *>)?.forEach { (key, value) ->
                    if (key is String && value is String) values[key] = value
                }
            } catch (damaged: Refused) {
                values.clear()
            }
        }
    }

    operator fun get(key: String): String? = values[key]

    /** Set a value, or with null remove it. Where the disk is full it is kept while the app runs. */
    operator fun set(key: String, value: String?) {
        if (values[key] == value) return
        if (value == null) values.remove(key) else values[key] = value
        val text = values.entries.joinToString(", ", "{", "}") { "${Json.quoted(it.key)}: ${Json.quoted(it.value)}" }
        unwritten = null
        try {
            val aside = File(file.path + ".new")
            aside.writeText(text)
            aside.renameTo(file)
        } catch (full: IOException) {
            unwritten = full.message
        }
    }

    companion object {
        const val MODEL = "model"

        /** With a model's name: its budget, a threshold and a limit. */
        const val BUDGET = "budget "

        /** Set while a model is being opened: still there at a start, if that ended the app. */
        const val OPENING = "opening"
    }
}
