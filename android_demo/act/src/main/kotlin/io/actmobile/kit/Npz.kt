package io.actmobile.kit

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.ZipInputStream

/** The arrays of an `.npz`: float32, int32 and bool in C order, all that a golden bundle has. */
object Npz {
    /** Bytes that all arrays together may have. */
    const val LIMIT = 64 shl 20

    private const val ENTRIES = 4096
    private const val MOST_AXES = 9
    private const val SUFFIX = ".npy"
    private val MAGIC = byteArrayOf(0x93.toByte()) + "NUMPY".toByteArray()
    private val HEADER = Regex(
        """\s*\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), \}\s*""",
    )

    /**
     * Read a file.
     *
     * @throws Refused it is missing, damaged, too large or holds anything else.
     */
    fun read(file: File): Tensors = try {
        file.inputStream().buffered().use { read(it, file.name) }
    } catch (error: IOException) {
        throw Refused("${file.name}: not a readable .npz (${error.message}): export the model again")
    }

    private fun read(stream: InputStream, name: String): Tensors {
        val found = LinkedHashMap<String, Tensor>()
        val zip = ZipInputStream(stream)
        var left = LIMIT
        while (true) {
            val entry = try {
                zip.nextEntry
            } catch (error: IllegalArgumentException) {
                fail(name, "the name of an entry is no text")
            } ?: break
            if (!entry.name.endsWith(SUFFIX)) fail(name, "'${entry.name}' is no array")
            val key = entry.name.removeSuffix(SUFFIX)
            if (found.containsKey(key)) fail(name, "'$key' twice")
            if (found.size == ENTRIES) fail(name, "more than $ENTRIES arrays")
            val bytes = bounded(zip, left) ?: fail(name, "more than $LIMIT bytes")
            left -= bytes.size
            found[key] = array(bytes, name, key)
        }
        if (found.isEmpty()) fail(name, "it has no arrays")
        return found
    }

    /** All that a stream has left, or null if that is more than [limit] bytes. */
    internal fun bounded(stream: InputStream, limit: Int): ByteArray? {
        val all = ByteArrayOutputStream()
        val buffer = ByteArray(1 shl 16)
        while (true) {
            val count = stream.read(buffer)
            if (count < 0) return all.toByteArray()
            if (all.size() + count > limit) return null
            all.write(buffer, 0, count)
        }
    }

    private fun array(bytes: ByteArray, file: String, name: String): Tensor {
        val buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
        val prefix = MAGIC.size + 4
        if (bytes.size < prefix || !bytes.copyOf(MAGIC.size).contentEquals(MAGIC)) {
            fail(file, "'$name' is no array")
        }
        if (bytes[MAGIC.size].toInt() != 1) fail(file, "'$name' is of a version that is not read")
        val start = prefix + (buffer.getShort(prefix - 2).toInt() and 0xffff)
        if (start > bytes.size) fail(file, "'$name' ends within its header")
        val header = HEADER.matchEntire(String(bytes, prefix, start - prefix, Charsets.ISO_8859_1))
            ?: fail(file, "'$name' has no header of an array")
        val (dtype, fortran, axes) = header.destructured
        val shape = axes.split(",").map(String::trim).filter(String::isNotEmpty).map {
            it.toIntOrNull() ?: fail(file, "'$name' has an impossible shape")
        }
        if (fortran == "True" && shape.size > 1) fail(file, "'$name' is in Fortran's order")
        val size = shape.fold(1L) { product, axis ->
            if (product > LIMIT) product else product * axis
        }
        val width = WIDTHS[dtype] ?: fail(file, "'$name' is of type $dtype")
        if (shape.size > MOST_AXES || size * width != (bytes.size - start).toLong()) {
            fail(file, "'$name' is not of its shape")
        }
        buffer.position(start)
        val count = size.toInt()
        return when (dtype) {
            "<f4" -> Floats(shape, FloatArray(count).also { buffer.asFloatBuffer().get(it) })
            "<i4" -> Ints(shape, IntArray(count).also { buffer.asIntBuffer().get(it) })
            else -> Flags(shape, BooleanArray(count) { truth(buffer.get(), file, name) })
        }
    }

    private val WIDTHS = mapOf("<f4" to 4, "<i4" to 4, "|b1" to 1)

    private fun truth(byte: Byte, file: String, name: String): Boolean = when (byte.toInt()) {
        0 -> false
        1 -> true
        else -> fail(file, "'$name' has truth values that are neither true nor false")
    }

    private fun fail(file: String, reason: String): Nothing =
        throw Refused("$file: not a readable .npz ($reason): export the model again")
}
