// LiteRT's Kotlin interface on the JVM: names and signatures are those of the Android artefact
// com.google.ai.edge.litert:litert, the bodies call the desktop's libLiteRt.so.

package com.google.ai.edge.litert

import com.sun.jna.NativeLong
import com.sun.jna.Pointer

class LiteRtException(message: String) : RuntimeException(message)

enum class Accelerator(internal val value: Int) { NONE(0), CPU(1), GPU(2), NPU(4) }

data class TensorType @JvmOverloads constructor(val elementType: ElementType, val layout: Layout? = null) {
    enum class ElementType { INT, FLOAT, INT8, BOOLEAN }

    @Suppress("ArrayInDataClass")
    data class Layout @JvmOverloads constructor(val dimensions: IntArray, val strides: IntArray = intArrayOf())
}

abstract class JniHandle : AutoCloseable {
    init {
        open++
    }

    override fun close() {
        open--
    }

    companion object {
        /** Handles that are not closed, for tests. */
        @JvmField
        var open = 0
    }
}

class Model private constructor(internal val pointer: Pointer) : JniHandle() {
    internal val signatures = List(Lib.count { Lib.api.LiteRtGetNumModelSignatures(pointer, it) }) { SignatureFacts(pointer, it) }

    internal fun signature(name: String?): SignatureFacts =
        if (name == null) signatures.first() else signatures.firstOrNull { it.key == name } ?: throw LiteRtException("no signature $name")

    fun getInputTensorType(inputName: String, signature: String? = null): TensorType =
        signature(signature).let { it.input(it.inputs.place(inputName)).type }

    fun getOutputTensorType(outputName: String, signature: String? = null): TensorType =
        signature(signature).let { it.output(it.outputs.place(outputName)).type }

    override fun close() {
        super.close()
        Lib.api.LiteRtDestroyModel(pointer)
    }

    companion object {
        @JvmStatic
        fun load(filePath: String): Model =
            Model(Lib.made { Lib.api.LiteRtCreateModelFromFile(Lib.environment, filePath, it) })
    }
}

internal fun List<String>.place(name: String): Int =
    indexOf(name).also { if (it < 0) throw LiteRtException("no tensor $name") }

class Environment

class CompiledModel private constructor(private val pointer: Pointer, private val model: Model) : JniHandle() {
    class Options constructor(internal vararg val accelerators: Accelerator)

    fun createInputBuffer(inputName: String, signature: String? = null): TensorBuffer {
        val facts = model.signature(signature)
        val index = facts.inputs.place(inputName)
        val needed = Lib.made {
            Lib.api.LiteRtGetCompiledModelInputBufferRequirements(pointer, long(facts.index), long(index), it)
        }
        return TensorBuffer(facts.input(index), needed)
    }

    fun createOutputBuffer(outputName: String, signature: String? = null): TensorBuffer {
        val facts = model.signature(signature)
        val index = facts.outputs.place(outputName)
        val needed = Lib.made {
            Lib.api.LiteRtGetCompiledModelOutputBufferRequirements(pointer, long(facts.index), long(index), it)
        }
        return TensorBuffer(facts.output(index), needed)
    }

    fun run(inputs: Map<String, TensorBuffer>, outputs: Map<String, TensorBuffer>, signature: String? = null) {
        val facts = model.signature(signature)
        val given = facts.inputs.map { inputs.getValue(it).pointer }.toTypedArray()
        val returned = facts.outputs.map { outputs.getValue(it).pointer }.toTypedArray()
        Lib.check(
            Lib.api.LiteRtRunCompiledModel(pointer, long(facts.index), long(given.size), given, long(returned.size), returned),
        )
    }

    override fun close() {
        super.close()
        Lib.api.LiteRtDestroyCompiledModel(pointer)
    }

    companion object {
        @JvmOverloads
        @JvmStatic
        @Suppress("UNUSED_PARAMETER")
        fun create(model: Model, options: Options, optionalEnv: Environment? = null): CompiledModel {
            val asked = Lib.made { Lib.api.LiteRtCreateOptions(it) }
            Lib.check(Lib.api.LiteRtSetOptionsHardwareAccelerators(asked, options.accelerators.sumOf { it.value }))
            val made = Lib.made { Lib.api.LiteRtCreateCompiledModel(Lib.environment, model.pointer, asked, it) }
            return CompiledModel(made, model)
        }

        private fun long(value: Int) = NativeLong(value.toLong())
    }
}

class TensorBuffer internal constructor(private val ranked: Ranked, requirements: Pointer) : JniHandle() {
    internal val pointer = Lib.made {
        Lib.api.LiteRtCreateManagedTensorBufferFromRequirements(Lib.environment, ranked.memory, requirements, it)
    }
    private val size = ranked.sizes.fold(1, Int::times)

    fun writeFloat(data: FloatArray) = locked(WRITE, data.size) { it.write(0, data, 0, data.size) }

    fun writeInt(data: IntArray) = locked(WRITE, data.size) { it.write(0, data, 0, data.size) }

    fun writeBoolean(data: BooleanArray) = locked(WRITE, data.size) { to ->
        data.forEachIndexed { i, value -> to.setByte(i.toLong(), if (value) 1 else 0) }
    }

    fun readFloat(): FloatArray = locked(READ, size) { it.getFloatArray(0, size) }

    fun readInt(): IntArray = locked(READ, size) { it.getIntArray(0, size) }

    fun readBoolean(): BooleanArray = locked(READ, size) { from -> BooleanArray(size) { from.getByte(it.toLong()) > 0 } }

    private fun <T> locked(mode: Int, count: Int, use: (Pointer) -> T): T {
        if (count != size) throw LiteRtException("$count numbers for a tensor of $size")
        val address = Lib.made { Lib.api.LiteRtLockTensorBuffer(pointer, it, mode) }
        return use(address).also { Lib.check(Lib.api.LiteRtUnlockTensorBuffer(pointer)) }
    }

    override fun close() {
        super.close()
        Lib.api.LiteRtDestroyTensorBuffer(pointer)
    }

    private companion object {
        const val READ = 0
        const val WRITE = 1
    }
}
