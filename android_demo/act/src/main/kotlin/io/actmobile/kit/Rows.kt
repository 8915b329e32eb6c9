package io.actmobile.kit

import java.io.ByteArrayOutputStream
import java.io.OutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.CRC32

/** Writes measurements as act-runner does: `rows.bin`, little-endian, one row a call. */
class Rows(private val to: OutputStream) : AutoCloseable {
    private val held = ByteArrayOutputStream()

    init {
        held.write("ACTROWS1".toByteArray())
        flush()
    }

    /**
     * Add a row, which is held until [flush].
     *
     * @param call its place in the data.
     * @param repeat how often the data had been run through before.
     * @param time its time steps.
     * @param kept outputs to be written after the row's head, in the manifest's order.
     */
    fun add(call: Long, repeat: Long, nanoseconds: Long, time: Int, y: Tensor, kept: List<Tensor>) {
        val crc = CRC32().apply { update(bytes(y)) }
        val head = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN)
        head.putLong(call).putLong(repeat).putLong(nanoseconds).putInt(time).putInt(crc.value.toInt())
        held.write(head.array())
        for (tensor in kept) held.write(bytes(tensor))
    }

    /** Write what is held: where a sequence ends, never between two timed calls of one. */
    fun flush() {
        held.writeTo(to)
        held.reset()
        to.flush()
    }

    override fun close() {
        to.use { flush() }
    }

    private fun bytes(tensor: Tensor): ByteArray {
        val buffer = ByteBuffer.allocate(4 * tensor.size).order(ByteOrder.LITTLE_ENDIAN)
        when (tensor) {
            is Floats -> buffer.asFloatBuffer().put(tensor.values)
            is Ints -> buffer.asIntBuffer().put(tensor.values)
            is Flags -> throw IllegalArgumentException("truth values are no output")
        }
        return buffer.array()
    }

    private companion object {
        const val HEAD = 32
    }
}
