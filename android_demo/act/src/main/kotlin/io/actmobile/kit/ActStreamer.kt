package io.actmobile.kit

/** The limits of a time step: it ends at this halting threshold, or after so many ponder steps. */
data class Budget(val haltThreshold: Float, val maxPonder: Int)

/** One time step, or one whole input of a model without time. */
class Step(
    val y: FloatArray,
    /** N of each layer. */
    val ponderSteps: IntArray,
    /** R of each layer, or its policy's figure beside N. */
    val remainder: FloatArray,
    val nanoseconds: Long,
)

/**
 * Feeds a model time step by time step and keeps its state between them.
 *
 * For exports with `--sequence stream` and batch 1, and for models without time. Of one thread at a time.
 *
 * @throws Refused the export is of another shape.
 */
class ActStreamer(private val manifest: Manifest, private val model: StepModel) {
    private val tensors = manifest.data.singleOrNull()
        ?: throw Refused("${manifest.artefact}: takes ${manifest.data.size} inputs: call the model itself")
    private var state: Tensors = manifest.initialState()
    private var budgetInputs: Tensors = manifest.defaultBudget()

    init {
        if (manifest.sequence !in ONE_STEP || manifest.batch != 1) {
            throw Refused(
                "${manifest.artefact}: takes ${manifest.sequence} time steps of ${manifest.batch} sequences: " +
                    "export it with --sequence stream --batch 1",
            )
        }
    }

    /** Numbers that [step] takes. */
    val inputSize: Int get() = tensors.at(1).fold(1, Int::times)

    /** The budget's own values; null where the export has none: `--budget-inputs` gives it one. */
    val defaultBudget: Budget? = manifest.defaultBudget().takeIf { it.isNotEmpty() }?.let {
        Budget(it["halt_threshold"]?.scalar ?: 1f, it["max_ponder"]?.scalar?.toInt() ?: manifest.maxPonder)
    }

    /** In force from the next step on; ignored by an export without budget inputs. */
    var budget: Budget = defaultBudget ?: Budget(1f, manifest.maxPonder)
        set(value) {
            field = value
            budgetInputs = manifest.budget.associate {
                it.name to it.filled(if (it.isFloat) value.haltThreshold else value.maxPonder.toFloat())
            }
        }

    /** Begins a new sequence; the budget stays. */
    fun reset() {
        state = manifest.initialState()
    }

    /** The state, to go on from later. */
    fun save(): Tensors = state

    fun restore(saved: Tensors) {
        state = saved
    }

    /** One time step of a token. */
    fun step(token: Int): Step {
        require(!tensors.isFloat && inputSize == 1) {
            "the model takes ${tensors.at(1)} ${if (tensors.isFloat) "floats" else "tokens"}, not a token"
        }
        return call(Ints(tensors.at(1), intArrayOf(token)))
    }

    /** One time step of features, or the one input of a model without time. */
    fun step(x: FloatArray): Step {
        require(tensors.isFloat && x.size == inputSize) { "the model takes $inputSize floats, not ${x.size}" }
        return call(Floats(tensors.at(1), x))
    }

    private fun call(data: Tensor): Step {
        val inputs = HashMap<String, Tensor>(state)
        inputs.putAll(budgetInputs)
        inputs[tensors.name] = data
        val before = System.nanoTime()
        val outputs = model.call(inputs)
        val nanoseconds = System.nanoTime() - before
        state = manifest.states.associate { it.input to output(outputs, it.output) }
        return Step(
            floats(output(outputs, "y")), whole(output(outputs, "ponder_steps")),
            floats(output(outputs, "remainder")), nanoseconds,
        )
    }

    private fun output(outputs: Tensors, name: String): Tensor =
        outputs[name] ?: throw Refused("${manifest.artefact}: the runtime returned no '$name'")

    private fun floats(tensor: Tensor): FloatArray = when (tensor) {
        is Floats -> tensor.values
        else -> throw Refused("${manifest.artefact}: an output is not of floats")
    }

    /** An output of integers, or of floats where a target has no integer outputs. */
    private fun whole(tensor: Tensor): IntArray = when (tensor) {
        is Ints -> tensor.values
        is Floats -> IntArray(tensor.size) { tensor.values[it].toInt() }
        is Flags -> throw Refused("${manifest.artefact}: N is no number")
    }

    private companion object {
        val ONE_STEP = setOf("stream", "whole")
    }
}
