package io.actmobile

import java.nio.ByteBuffer

/** What the engine says is wrong; [status] is the number of its ActStatus. */
class ActException(val status: Int, message: String) : RuntimeException(message)

/**
 * A model of an `.actn` file. It may be shared by threads, each with an [ActContext] of its own, and is
 * closed after the last of them.
 */
class ActModel private constructor(private var handle: Long, private val memory: ByteBuffer?) : AutoCloseable {
    /** Features of a time step; 0 where the model reads tokens or images. */
    val inputSize: Int

    /** Tokens are below it; 0 where the model reads features or images. */
    val vocabSize: Int
    val outputSize: Int
    val layers: Int

    /** The most ponder steps of any layer. */
    val maxPonder: Int

    /** What halting must reach for a time step to end: for act, the halting sum. */
    val haltThreshold: Float

    /** Floats of [ActContext.state]. */
    val stateSize: Int

    /** Memory that a context takes, in bytes. */
    val contextBytes: Int

    /** Of an image; 0 where the model reads time steps. */
    val channels: Int

    /** Of the largest image; 0 where the model reads time steps. */
    val height: Int

    /** Of the largest image; 0 where the model reads time steps. */
    val width: Int

    /** Whether an image has one answer; else each of its places has one. */
    val pooled: Boolean

    init {
        val sizes = IntArray(11)
        val threshold = FloatArray(1)
        check(Native.sizes(handle, sizes, threshold))
        inputSize = sizes[0]
        vocabSize = sizes[1]
        outputSize = sizes[2]
        layers = sizes[3]
        maxPonder = sizes[4]
        stateSize = sizes[5]
        contextBytes = sizes[6]
        channels = sizes[7]
        height = sizes[8]
        width = sizes[9]
        pooled = sizes[10] != 0
        haltThreshold = threshold[0]
    }

    /** The manifest's facts, as JSON. */
    val metadata: String get() = String(Native.metadata(open()) ?: ByteArray(0))

    /** The kernels in use on this processor. */
    val kernels: String get() = Native.kernels(open())

    /** A sequence that begins. */
    fun context(): ActContext {
        val context = LongArray(1)
        check(Native.contextNew(open(), context))
        return ActContext(this, context[0])
    }

    override fun close() {
        Native.close(handle)
        handle = 0
    }

    internal fun open(): Long = handle.also { check(it != 0L) { "the model is closed" } }

    companion object {
        /** Maps a file. */
        @JvmStatic
        fun open(path: String): ActModel {
            val handle = LongArray(1)
            check(Native.open(path, handle))
            return ActModel(handle[0], null)
        }

        /** From memory, such as a mapped asset: a direct buffer, used from its start to its capacity. */
        @JvmStatic
        fun open(memory: ByteBuffer): ActModel {
            require(memory.isDirect) { "the buffer is not direct" }
            val handle = LongArray(1)
            check(Native.openMemory(memory, handle))
            return ActModel(handle[0], memory)
        }

        internal fun check(status: Int) {
            if (status != 0) throw ActException(status, Native.message(status))
        }
    }
}

/** One sequence of an [ActModel]: its state, for one thread at a time. */
class ActContext internal constructor(private val model: ActModel, private var handle: Long) : AutoCloseable {
    /** One time step of features; the result is written into [y], if given, and returned. */
    fun step(x: FloatArray, y: FloatArray = FloatArray(model.outputSize)): FloatArray {
        sized("x", x.size, model.inputSize)
        sized("y", y.size, model.outputSize)
        ActModel.check(Native.step(open(), x, y))
        return y
    }

    /** One time step of a token. */
    fun step(token: Int, y: FloatArray = FloatArray(model.outputSize)): FloatArray {
        sized("y", y.size, model.outputSize)
        ActModel.check(Native.stepToken(open(), token, y))
        return y
    }

    /** What [run] returns, row by row: y (time, outputs), N and R (time, layers). */
    class Output(val y: FloatArray, val ponderSteps: IntArray, val remainders: FloatArray)

    /** A sequence of features (time, [ActModel.inputSize]). */
    fun run(x: FloatArray): Output {
        require(model.inputSize > 0 && x.size % model.inputSize == 0) {
            "x has ${x.size} floats, not a multiple of ${model.inputSize}"
        }
        val time = x.size / model.inputSize
        return output(time) { out ->
            Native.run(open(), x, time, out.y, out.ponderSteps, out.remainders)
        }
    }

    /** A sequence of tokens. */
    fun run(tokens: IntArray): Output = output(tokens.size) { out ->
        Native.runTokens(open(), tokens, tokens.size, out.y, out.ponderSteps, out.remainders)
    }

    /**
     * An image (channels, height, width): y (height, width, outputs) or, pooled, (outputs). Any height and
     * width up to the model's.
     */
    fun run(x: FloatArray, height: Int, width: Int): FloatArray {
        val places = height.toLong() * width
        require(model.channels > 0 && x.size % model.channels == 0 && places == (x.size / model.channels).toLong()) {
            "x has ${x.size} floats, not ${model.channels} x $height x $width"
        }
        val y = FloatArray(if (model.pooled) model.outputSize else places.toInt() * model.outputSize)
        ActModel.check(Native.runImage(open(), x, height, width, y))
        return y
    }

    /** N of a layer in the last time step, or image; 0 where it skipped. */
    fun ponderSteps(layer: Int = 0): Int = Native.ponderSteps(open(), layer)

    /** The figure beside N of a layer in the last time step, or image: for act, R. */
    fun remainder(layer: Int = 0): Float = Native.remainder(open(), layer)

    /** Time steps end at this threshold of halting or after so many ponder steps, whichever is first. */
    fun setBudget(haltThreshold: Float = model.haltThreshold, maxPonder: Int = model.maxPonder) =
        ActModel.check(Native.setBudget(open(), haltThreshold, maxPonder))

    /** Begins a new sequence; the budget stays. */
    fun reset() = ActModel.check(Native.reset(open()))

    /** Layer by layer h, for LSTM c, and what its halting keeps. */
    var state: FloatArray
        get() = FloatArray(model.stateSize).also { ActModel.check(Native.stateGet(open(), it)) }
        set(value) {
            sized("state", value.size, model.stateSize)
            ActModel.check(Native.stateSet(open(), value))
        }

    override fun close() {
        Native.contextFree(handle)
        handle = 0
    }

    private fun open(): Long {
        model.open()
        return handle.also { check(it != 0L) { "the context is closed" } }
    }

    private fun output(time: Int, run: (Output) -> Int): Output {
        val layers = time * model.layers
        val out = Output(FloatArray(time * model.outputSize), IntArray(layers), FloatArray(layers))
        ActModel.check(run(out))
        return out
    }

    private fun sized(name: String, size: Int, needed: Int) =
        require(size == needed) { "$name has $size floats, not $needed" }
}

/** The functions of act_jni.c, in the library `act_jni`. */
internal object Native {
    init {
        System.loadLibrary("act_jni")
    }

    @JvmStatic external fun message(status: Int): String

    @JvmStatic external fun open(path: String, handle: LongArray): Int

    @JvmStatic external fun openMemory(buffer: ByteBuffer, handle: LongArray): Int

    @JvmStatic external fun close(model: Long)

    @JvmStatic external fun sizes(model: Long, sizes: IntArray, threshold: FloatArray): Int

    @JvmStatic external fun metadata(model: Long): ByteArray?

    @JvmStatic external fun kernels(model: Long): String

    @JvmStatic external fun contextNew(model: Long, handle: LongArray): Int

    @JvmStatic external fun contextFree(context: Long)

    @JvmStatic external fun reset(context: Long): Int

    @JvmStatic external fun setBudget(context: Long, threshold: Float, limit: Int): Int

    @JvmStatic external fun step(context: Long, x: FloatArray, y: FloatArray): Int

    @JvmStatic external fun stepToken(context: Long, token: Int, y: FloatArray): Int

    @JvmStatic external fun run(
        context: Long, x: FloatArray, time: Int, y: FloatArray, steps: IntArray, remainders: FloatArray,
    ): Int

    @JvmStatic external fun runTokens(
        context: Long, tokens: IntArray, time: Int, y: FloatArray, steps: IntArray, remainders: FloatArray,
    ): Int

    @JvmStatic external fun runImage(context: Long, x: FloatArray, height: Int, width: Int, y: FloatArray): Int

    @JvmStatic external fun ponderSteps(context: Long, layer: Int): Int

    @JvmStatic external fun remainder(context: Long, layer: Int): Float

    @JvmStatic external fun stateGet(context: Long, state: FloatArray): Int

    @JvmStatic external fun stateSet(context: Long, state: FloatArray): Int
}
