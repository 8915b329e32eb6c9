package com.google.ai.edge.litert

import com.sun.jna.Library
import com.sun.jna.Memory
import com.sun.jna.Native
import com.sun.jna.NativeLong
import com.sun.jna.Pointer
import com.sun.jna.ptr.NativeLongByReference
import com.sun.jna.ptr.PointerByReference

/** LiteRT's C interface, as far as these classes need it: libLiteRt.so of the ai-edge-litert package. */
@Suppress("FunctionName")
internal interface LiteRtApi : Library {
    fun LiteRtCreateEnvironment(count: Int, options: Pointer?, made: PointerByReference): Int
    fun LiteRtCreateModelFromFile(environment: Pointer, path: String, made: PointerByReference): Int
    fun LiteRtDestroyModel(model: Pointer)
    fun LiteRtCreateOptions(made: PointerByReference): Int
    fun LiteRtSetOptionsHardwareAccelerators(options: Pointer, accelerators: Int): Int
    fun LiteRtCreateCompiledModel(environment: Pointer, model: Pointer, options: Pointer, made: PointerByReference): Int
    fun LiteRtDestroyCompiledModel(compiled: Pointer)
    fun LiteRtGetNumModelSignatures(model: Pointer, count: NativeLongByReference): Int
    fun LiteRtGetModelSignature(model: Pointer, index: NativeLong, found: PointerByReference): Int
    fun LiteRtGetSignatureKey(signature: Pointer, key: PointerByReference): Int
    fun LiteRtGetNumSignatureInputs(signature: Pointer, count: NativeLongByReference): Int
    fun LiteRtGetNumSignatureOutputs(signature: Pointer, count: NativeLongByReference): Int
    fun LiteRtGetSignatureInputName(signature: Pointer, index: NativeLong, name: PointerByReference): Int
    fun LiteRtGetSignatureOutputName(signature: Pointer, index: NativeLong, name: PointerByReference): Int
    fun LiteRtGetSignatureInputTensorByIndex(signature: Pointer, index: NativeLong, tensor: PointerByReference): Int
    fun LiteRtGetSignatureOutputTensorByIndex(signature: Pointer, index: NativeLong, tensor: PointerByReference): Int
    fun LiteRtGetRankedTensorType(tensor: Pointer, type: Pointer): Int
    fun LiteRtGetCompiledModelInputBufferRequirements(compiled: Pointer, signature: NativeLong, index: NativeLong, found: PointerByReference): Int
    fun LiteRtGetCompiledModelOutputBufferRequirements(compiled: Pointer, signature: NativeLong, index: NativeLong, found: PointerByReference): Int
    fun LiteRtCreateManagedTensorBufferFromRequirements(environment: Pointer, type: Pointer, requirements: Pointer, made: PointerByReference): Int
    fun LiteRtDestroyTensorBuffer(buffer: Pointer)
    fun LiteRtLockTensorBuffer(buffer: Pointer, address: PointerByReference, mode: Int): Int
    fun LiteRtUnlockTensorBuffer(buffer: Pointer): Int
    fun LiteRtRunCompiledModel(
        compiled: Pointer, signature: NativeLong, inputCount: NativeLong, inputs: Array<Pointer>,
        outputCount: NativeLong, outputs: Array<Pointer>,
    ): Int
}

internal object Lib {
    val api: LiteRtApi = Native.load(System.getProperty("litert.library"), LiteRtApi::class.java)
    val environment: Pointer by lazy { made { api.LiteRtCreateEnvironment(0, null, it) } }

    fun check(status: Int) {
        if (status != 0) throw LiteRtException("status $status")
    }

    fun made(make: (PointerByReference) -> Int): Pointer {
        val found = PointerByReference()
        check(make(found))
        return found.value
    }

    fun count(ask: (NativeLongByReference) -> Int): Int {
        val found = NativeLongByReference()
        check(ask(found))
        return found.value.toInt()
    }

    fun text(ask: (PointerByReference) -> Int): String = made(ask).getString(0)
}

/** LiteRtRankedTensorType: an element type, then rank (7 bits) and sizes. */
internal class Ranked(tensor: Pointer) {
    val memory = Memory(BYTES).apply { clear() }

    init {
        Lib.check(Lib.api.LiteRtGetRankedTensorType(tensor, memory))
    }

    val sizes: IntArray get() = IntArray(memory.getInt(RANK) and RANK_BITS) { memory.getInt(SIZES + 4L * it) }
    val type: TensorType get() = TensorType(
        when (val number = memory.getInt(0)) {
            1 -> TensorType.ElementType.FLOAT
            2 -> TensorType.ElementType.INT
            6 -> TensorType.ElementType.BOOLEAN
            9 -> TensorType.ElementType.INT8
            else -> throw LiteRtException("element type $number")
        },
        TensorType.Layout(sizes),
    )

    private companion object {
        const val BYTES = 72L
        const val RANK = 4L
        const val RANK_BITS = 127
        const val SIZES = 8L
    }
}

/** A signature of a model: its inputs and outputs in order. */
internal class SignatureFacts(model: Pointer, val index: Int) {
    private val pointer = Lib.made { Lib.api.LiteRtGetModelSignature(model, NativeLong(index.toLong()), it) }
    val key = Lib.text { Lib.api.LiteRtGetSignatureKey(pointer, it) }
    val inputs = List(Lib.count { Lib.api.LiteRtGetNumSignatureInputs(pointer, it) }) { i ->
        Lib.text { Lib.api.LiteRtGetSignatureInputName(pointer, NativeLong(i.toLong()), it) }
    }
    val outputs = List(Lib.count { Lib.api.LiteRtGetNumSignatureOutputs(pointer, it) }) { i ->
        Lib.text { Lib.api.LiteRtGetSignatureOutputName(pointer, NativeLong(i.toLong()), it) }
    }

    fun input(index: Int) =
        Ranked(Lib.made { Lib.api.LiteRtGetSignatureInputTensorByIndex(pointer, NativeLong(index.toLong()), it) })

    fun output(index: Int) =
        Ranked(Lib.made { Lib.api.LiteRtGetSignatureOutputTensorByIndex(pointer, NativeLong(index.toLong()), it) })
}
