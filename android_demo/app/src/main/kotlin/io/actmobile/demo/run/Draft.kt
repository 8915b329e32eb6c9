package io.actmobile.demo.run

import io.actmobile.kit.Json
import io.actmobile.kit.Refused
import java.io.File
import java.io.IOException

/** The text that was typed, whole, in a file of its own that is written off the UI thread. */
class Draft(private val file: File, private val writer: Worker) {
    /** Why the last text could not be written; null if it could. */
    @Volatile
    var unwritten: String? = null
        private set

    @Volatile
    private var latest: String? = null
    private var isRead = false

    /** Null if nothing was typed yet. Where the disk is full it is kept while the app runs. */
    var text: String?
        get() {
            if (!isRead) latest = read()
            isRead = true
            return latest
        }
        set(value) {
            isRead = true
            latest = value
            writer.afterwards {
                // Of texts that came while one was written, the last alone.
                if (latest === value) write(value)
            }
        }

    private fun read(): String? = try {
        if (file.exists()) Json.read(file.readText(), file.name) as? String else null
    } catch (damaged: Refused) {
        null
    } catch (unreadable: IOException) {
        null
    }

    private fun write(text: String?) {
        unwritten = null
        try {
            if (text == null) {
                file.delete()
                return
            }
            // As JSON, which keeps half of a surrogate pair.
            val aside = File(file.path + ".new")
            aside.writeText(Json.quoted(text))
            if (!aside.renameTo(file)) throw IOException("${file.name}: cannot be written")
        } catch (full: IOException) {
            unwritten = full.message
        }
    }
}
