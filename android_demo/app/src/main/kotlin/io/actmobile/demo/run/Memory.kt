package io.actmobile.demo.run

import java.io.File
import java.io.IOException

/** Memory of the app's process, as Linux counts it. */
object Memory {
    private val LINE = Regex("VmHWM:\\s+(\\d+) kB")

    /** The most KiB that it has had in memory; null if the system does not say. */
    fun peakKib(): Long? = try {
        LINE.find(File("/proc/self/status").readText())?.groupValues?.get(1)?.toLong()
    } catch (hidden: IOException) {
        null
    }
}
