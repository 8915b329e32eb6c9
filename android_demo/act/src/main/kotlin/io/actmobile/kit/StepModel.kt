package io.actmobile.kit

/** A loaded model: inputs to outputs, by the manifest's names. Of one thread at a time. */
interface StepModel : AutoCloseable {
    /** The runtime, its version and the backend that runs the model, as the runtime itself says. */
    val backend: String

    /**
     * One call. Outputs are the caller's: they stay as they are after the next call.
     *
     * @throws Refused the runtime fails.
     * @throws InterruptedException its thread was interrupted, between two parts that an app calls.
     */
    fun call(inputs: Tensors): Tensors
}

/** A loaded model in host form, whose parts the app calls. */
interface PartModel : AutoCloseable {
    val backend: String

    /** One call of the part of this name. */
    fun call(part: String, inputs: Tensors): Tensors
}

/**
 * The app's side of the ponder loop.
 *
 * Values are kept by name. Each part is called once, but one that repeats as long as its progress is below
 * its threshold; what a part returns as `NAME_out` is `NAME` from then on.
 */
class HostDriven(
    private val parts: List<Part>,
    /** The manifest's; no part of a sound export repeats more often. */
    private val maxPonder: Int,
    private val model: PartModel,
    /** Told of each call of a part that repeats. */
    private val onPonderStep: () -> Unit = {},
) : StepModel {
    override val backend get() = model.backend

    override fun call(inputs: Tensors): Tensors {
        val values = HashMap(inputs)
        val returned = HashMap<String, Tensor>()
        for (part in parts) {
            var repeats = 0
            while (due(part, values)) {
                if (Thread.interrupted()) throw InterruptedException()
                if (repeats++ == maxPonder) throw Refused("part '${part.name}' does not halt in $maxPonder ponder steps")
                val answer = model.call(part.name, part.inputs.associateWith { value(values, it) })
                returned += answer
                for ((name, tensor) in answer) if (name.endsWith(OUT)) values[name.removeSuffix(OUT)] = tensor
                if (part.progress == null) break
                onPonderStep()
            }
        }
        return returned
    }

    override fun close() = model.close()

    private fun due(part: Part, values: Tensors): Boolean {
        val progress = part.progress ?: return true
        val threshold = part.threshold
        val limit = if (threshold is String) value(values, threshold).scalar else threshold as Float
        return value(values, progress).scalar < limit
    }

    private fun value(values: Tensors, name: String): Tensor =
        values[name] ?: throw Refused("a part needs '$name', which no part returned: export the model again")

    private companion object {
        const val OUT = "_out"
    }
}
