import io.actmobile.ActContext
import io.actmobile.ActException
import io.actmobile.ActModel
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import java.nio.file.Paths

/** Answers of a model, a time step or image a line: y, N and R; then what is refused. MODEL DATA, both files. */
fun main(args: Array<String>) {
    val data = ByteBuffer.wrap(File(args[1]).readBytes()).order(ByteOrder.LITTLE_ENDIAN)
    ActModel.open(args[0]).use { model ->
        if (model.channels > 0) image(model, data) else sequence(model, args[0], data)
        kotlin.check(model.metadata.startsWith("{") && model.kernels.isNotEmpty())
    }
    println(refusal { ActModel.open("nowhere.actn") })
    println(refusal { ActModel.open(ByteBuffer.allocateDirect(64)) })
}

private fun sequence(model: ActModel, path: String, data: ByteBuffer) {
    val time = data.capacity() / 4 / maxOf(model.inputSize, 1)
    val answers = model.context().use { context ->
        (0 until time).map { t -> step(model, context, data, t) + seen(model, context) }
    }
    answers.forEach { println(it.joinToString(" ")) }

    // In one call, from a mapped asset, the same.
    val mapped = FileChannel.open(Paths.get(path)).use {
        it.map(FileChannel.MapMode.READ_ONLY, 0, it.size())
    }
    ActModel.open(mapped).use { again ->
        again.context().use { context ->
            val out = if (model.vocabSize > 0) {
                context.run(IntArray(time).also { data.asIntBuffer().get(it) })
            } else {
                context.run(FloatArray(time * model.inputSize).also { data.asFloatBuffer().get(it) })
            }
            val steps = answers.flatMap { it.drop(model.outputSize).take(model.layers) }
            kotlin.check(out.ponderSteps.map { it.toFloat() } == steps)
            kotlin.check(out.y.toList() == answers.flatMap { it.take(model.outputSize) })

            context.setBudget(maxPonder = 1)
            context.reset()
            val kept = context.state
            step(model, context, data, 0)
            kotlin.check(context.ponderSteps() == 1)
            context.state = kept
            kotlin.check(context.state.all { it == 0f })
            println(refusal { context.setBudget(haltThreshold = Float.NaN) })
        }
    }
}

/** The largest image that the model takes: its y, N and R in one line. */
private fun image(model: ActModel, data: ByteBuffer) = model.context().use { context ->
    val x = FloatArray(data.capacity() / 4).also { data.asFloatBuffer().get(it) }
    val y = context.run(x, model.height, model.width)
    println((y.toList() + seen(model, context)).joinToString(" "))
    kotlin.check(runCatching { context.run(x, model.height, model.width - 1) }.isFailure)
    kotlin.check(refusal { context.run(x, model.height * model.width, 1) }.startsWith("10: "))
    context.setBudget(maxPonder = 1)
    context.run(x, model.height, model.width)
    kotlin.check(context.ponderSteps() == 1)
    println(refusal { context.setBudget(haltThreshold = Float.NaN) })
}

private fun step(model: ActModel, context: ActContext, data: ByteBuffer, t: Int): List<Float> =
    if (model.vocabSize > 0) {
        context.step(data.getInt(4 * t))
    } else {
        context.step(FloatArray(model.inputSize) { data.getFloat(4 * (t * model.inputSize + it)) })
    }.toList()

private fun seen(model: ActModel, context: ActContext): List<Float> =
    (0 until model.layers).map { context.ponderSteps(it).toFloat() } +
        (0 until model.layers).map { context.remainder(it) }

private fun refusal(refused: () -> Unit): String =
    try {
        refused()
        "nothing was refused"
    } catch (error: ActException) {
        "${error.status}: ${error.message}"
    }
