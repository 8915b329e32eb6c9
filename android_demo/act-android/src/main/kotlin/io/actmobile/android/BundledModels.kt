package io.actmobile.android

import android.content.res.AssetManager
import java.io.File
import java.io.IOException

/** Models that an app brings in its assets: a folder each under `models`. */
object BundledModels {
    private const val ROOT = "models"

    /**
     * Copy them to a folder, where runtimes map them; those that are there already stay. Each is there whole or
     * not at all, and what was cut short is copied the next time.
     *
     * @param version of the app: with another one all are copied anew.
     * @throws IOException the device is full.
     */
    fun copy(assets: AssetManager, to: File, version: String) {
        val mark = File(to, ".bundled")
        if (mark.isFile && mark.readText() == version) return
        for (model in assets.list(ROOT).orEmpty()) {
            val aside = File(to, ".$model")
            copyFolder(assets, "$ROOT/$model", aside)
            val home = File(to, model).apply { deleteRecursively() }
            if (!aside.renameTo(home)) throw IOException("$home cannot be written")
        }
        mark.writeText(version)
    }

    private fun copyFolder(assets: AssetManager, from: String, to: File) {
        val names = assets.list(from).orEmpty()
        if (names.isEmpty()) {
            assets.open(from).use { stream -> to.outputStream().use { stream.copyTo(it) } }
            return
        }
        to.deleteRecursively()
        if (!to.mkdirs()) throw IOException("$to cannot be made")
        for (name in names) copyFolder(assets, "$from/$name", File(to, name))
    }
}
