package io.actmobile.demo.run

import io.actmobile.kit.Golden
import io.actmobile.kit.Manifest
import io.actmobile.kit.Refused
import java.io.File
import java.io.InputStream
import java.util.concurrent.ConcurrentHashMap

/**
 * Models that can be chosen: a folder each, with an artefact, its manifest and its golden bundle.
 *
 * @param targets those of the manifests that a runtime here takes.
 */
class Models(private val folder: File, private val targets: Set<String>) {
    private val known = ConcurrentHashMap<File, Known>()

    private class Known(val modified: Long, val size: Long, val entry: Entry)

    init {
        // Where the app ended between the two renames of move().
        for (left in folder.listFiles { file -> file.name.startsWith(BEFORE) }.orEmpty()) {
            if (!left.renameTo(File(folder, left.name.removePrefix(BEFORE)))) left.deleteRecursively()
        }
    }

    /** One of them; [problem] says why it cannot be opened. */
    class Entry(val folder: File, val manifestFile: File, val manifest: Manifest?, val problem: String?) {
        val name: String get() = folder.name
    }

    /** A file that a user gave. */
    class Given(val name: String, val open: () -> InputStream)

    /** A manifest is read again only where its file has changed. */
    fun entries(): List<Entry> = folder.listFiles().orEmpty().filter { it.isDirectory && !it.name.startsWith(".") }.sortedBy(File::getName).map(::entry)

    private fun entry(folder: File): Entry {
        val file = folder.listFiles().orEmpty().firstOrNull { it.name.endsWith(Manifest.SUFFIX) }
            ?: return Entry(folder, File(folder, "missing${Manifest.SUFFIX}"), null, "${folder.name}: holds no manifest")
        val (modified, size) = file.lastModified() to file.length()
        known[file]?.let { if (it.modified == modified && it.size == size) return it.entry }
        val read = try {
            Entry(folder, file, Manifest.read(file), null)
        } catch (refused: Refused) {
            Entry(folder, file, null, refused.message)
        }
        known[file] = Known(modified, size, read)
        return read
    }

    /**
     * Copy the files of a model: all of them are kept, or none. One of the same artefact is replaced.
     *
     * @param given its artefact, manifest and golden bundle, among other files that are passed over.
     * @throws Refused one is missing or too large.
     */
    fun add(given: List<Given>): Entry {
        val manifestFile = given.filter { it.name.endsWith(Manifest.SUFFIX) }
        if (manifestFile.size != 1) throw Refused("choose one NAME${Manifest.SUFFIX} with its model and golden bundle, not ${manifestFile.size}")
        val aside = File(folder, ".adding").apply { deleteRecursively() }
        if (!aside.mkdirs()) throw Refused("${folder.name}: cannot be written")
        try {
            val copied = copy(manifestFile.single(), aside, Manifest.LIMIT.toLong())
            val manifest = Manifest.read(copied)
            if (manifest.target !in targets) throw Refused("${manifest.artefact}: no runtime here takes a model for ${manifest.target}")
            if (manifest.artefact.endsWith(".parts")) throw Refused("${manifest.artefact}: of several files: this app opens models of one file")
            for (name in listOf(manifest.artefact, manifest.name + Golden.SUFFIX)) {
                val file = given.firstOrNull { it.name == name } ?: throw Refused("$name: missing: choose it with ${copied.name}")
                copy(file, aside, MOST_BYTES)
            }
            val home = home(manifest)
            move(aside, home)
            return entry(home)
        } finally {
            aside.deleteRecursively()
        }
    }

    /** The folder for a model: that of the same artefact, or else the first of its name that is free. */
    private fun home(manifest: Manifest): File {
        val name = "$OWN${manifest.name}-${manifest.target}"
        return generateSequence(1) { it + 1 }.map { File(folder, if (it == 1) name else "$name-$it") }
            .first { !it.exists() || entry(it).manifest?.sha256 == manifest.sha256 }
    }

    /** Move a folder to where another may be, which is deleted when the new one is there, not before. */
    private fun move(made: File, home: File) {
        val before = File(folder, BEFORE + home.name).apply { deleteRecursively() }
        val isThere = home.renameTo(before)
        if (!made.renameTo(home)) {
            if (isThere) before.renameTo(home)
            throw Refused("${home.name}: cannot be written")
        }
        before.deleteRecursively()
    }

    fun delete(entry: Entry) {
        entry.folder.deleteRecursively()
    }

    private fun copy(given: Given, to: File, limit: Long): File {
        val name = given.name
        if (name != File(name).name || name.startsWith(".")) throw Refused("$name: no name of a file")
        val file = File(to, name)
        given.open().use { from ->
            file.outputStream().use { out ->
                val buffer = ByteArray(1 shl 16)
                var all = 0L
                while (true) {
                    val count = from.read(buffer)
                    if (count < 0) break
                    all += count
                    if (all > limit) throw Refused("$name: more than $limit bytes")
                    out.write(buffer, 0, count)
                }
            }
        }
        return file
    }

    companion object {
        /** Bytes of a model. */
        const val MOST_BYTES = 512L shl 20

        /** The names of models that a user gave begin so. */
        const val OWN = "own-"
        private const val BEFORE = ".before-"
    }
}
