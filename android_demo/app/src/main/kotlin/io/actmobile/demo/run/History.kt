package io.actmobile.demo.run

import io.actmobile.kit.Json
import io.actmobile.kit.Refused
import java.io.File
import java.io.IOException

/** Runs that were kept, on this device alone: a line of JSON each, the newest first. */
class History(private val file: File) {
    class Entry(
        /** Milliseconds since 1970. */
        val time: Long,
        val model: String,
        val backend: String,
        /** The result in a line. */
        val summary: String,
        /** The whole of it. */
        val detail: String,
    ) {
        fun toJson(): String = listOf("model" to model, "backend" to backend, "summary" to summary, "detail" to detail)
            .joinToString(", ", "{\"time\": $time, ", "}") { (key, value) -> "\"$key\": ${Json.quoted(value)}" }
    }

    /** Lines that are damaged are passed over. */
    fun entries(): List<Entry> {
        if (!file.exists()) return emptyList()
        return file.readLines().mapNotNull(::entry).asReversed()
    }

    /**
     * Keep a run; the oldest go when there are more than [MOST].
     *
     * @throws Refused it cannot be written, and all is as it was; so of [delete] and [clear].
     */
    fun add(entry: Entry) = write(entries().asReversed().takeLast(MOST - 1) + entry)

    fun delete(entry: Entry) = write(entries().asReversed().filter { it.toJson() != entry.toJson() })

    fun clear() = write(emptyList())

    private fun write(entries: List<Entry>) {
        val aside = File(file.path + ".new")
        try {
            aside.writeText(entries.joinToString("") { it.toJson() + "\n" })
        } catch (error: IOException) {
            throw Refused("${file.name}: cannot be written: ${error.message}")
        }
        if (!aside.renameTo(file)) throw Refused("${file.name}: cannot be written")
    }

    private fun entry(line: String): Entry? {
        val value = try {
            Json.read(line, file.name) as? Map<*, *>
        } catch (damaged: Refused) {
            return null
        } ?: return null
        return Entry(
            (value["time"] as? Double ?: return null).toLong(),
            value["model"] as? String ?: return null,
            value["backend"] as? String ?: return null,
            value["summary"] as? String ?: return null,
            value["detail"] as? String ?: return null,
        )
    }

    companion object {
        const val MOST = 200
    }
}
