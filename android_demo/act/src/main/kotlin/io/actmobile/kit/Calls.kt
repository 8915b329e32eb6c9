package io.actmobile.kit

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** One call of `data.bin`. */
class Call(
    /** Its time steps. */
    val time: Int,
    /** Rows that start from the initial state. */
    val fresh: BooleanArray,
    /** The data inputs. */
    val data: Tensors,
    /** The state that it brings; null if it goes on from the call before. */
    val state: Tensors?,
) {
    /** True if a sequence begins with it. */
    val isFirst: Boolean get() = state != null || fresh.all { it }
}

/** The calls of `data.bin`, as act-profile writes them: docs/profiling-formats.md. */
class Calls private constructor(private val manifest: Manifest, private val bytes: ByteBuffer, private val starts: IntArray) {
    val size: Int get() = starts.size

    operator fun get(index: Int): Call {
        var at = starts[index]
        val time = bytes.getInt(at)
        val fresh = BooleanArray(manifest.batch) { bytes.get(at + HEAD + it) != 0.toByte() }
        val hasState = bytes.getInt(at + 4) == OWN_STATE
        at += HEAD + padded(manifest.batch)
        fun next(facts: TensorFacts): Tensor {
            val shape = facts.at(time)
            val count = shape.fold(1, Int::times)
            val part = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN)
            part.position(at)
            at += NUMBER * count
            return if (facts.isFloat) {
                Floats(shape, FloatArray(count).also { part.asFloatBuffer().get(it) })
            } else {
                Ints(shape, IntArray(count).also { part.asIntBuffer().get(it) })
            }
        }
        val data = manifest.data.associate { it.name to next(it) }
        val states = manifest.states.map { pair -> manifest.inputs.first { it.name == pair.input } }
        return Call(time, fresh, data, if (hasState) states.associate { it.name to next(it) } else null)
    }

    companion object {
        private val MAGIC = "ACTDATA1".toByteArray()
        private const val HEAD = 8
        private const val NUMBER = 4
        private const val OWN_STATE = 1

        /** Bytes of the file. */
        private const val LIMIT = 512L shl 20

        /**
         * Read the calls of a model.
         *
         * @throws Refused the file is missing, too large, or not of whole calls of this model.
         */
        fun read(manifest: Manifest, file: File): Calls {
            val bytes = try {
                if (file.length() > LIMIT) throw Refused("${file.name}: more than $LIMIT bytes")
                ByteBuffer.wrap(file.readBytes()).order(ByteOrder.LITTLE_ENDIAN)
            } catch (error: IOException) {
                throw Refused("${file.name}: cannot be read (${error.message})")
            }
            return Calls(manifest, bytes, starts(manifest, bytes) ?: throw Refused("${file.name}: not whole calls of ${manifest.artefact}"))
        }

        private fun starts(manifest: Manifest, bytes: ByteBuffer): IntArray? {
            val size = bytes.capacity()
            if (size < MAGIC.size + HEAD || MAGIC.indices.any { bytes.get(it) != MAGIC[it] }) return null
            val count = bytes.getLong(MAGIC.size)
            if (count < 1 || count > size / HEAD) return null
            val state = manifest.states.sumOf { pair -> manifest.inputs.first { it.name == pair.input }.size(1) }
            val starts = IntArray(count.toInt())
            var at = (MAGIC.size + HEAD).toLong()
            for (i in starts.indices) {
                if (at + HEAD > size) return null
                starts[i] = at.toInt()
                val time = bytes.getInt(at.toInt())
                val flags = bytes.getInt(at.toInt() + 4)
                if (time < 1 || flags and OWN_STATE.inv() != 0) return null
                val numbers = manifest.data.sumOf { it.size(time) } + if (flags == OWN_STATE) state else 0
                at += HEAD + padded(manifest.batch) + NUMBER * numbers
                if (at > size) return null
            }
            return starts.takeIf { at == size.toLong() }
        }

        /** Numbers of a tensor, however many. */
        private fun TensorFacts.size(time: Int): Long = at(time).fold(1L, Long::times)

        private fun padded(rows: Int): Int = (rows + 3) / 4 * 4
    }
}
