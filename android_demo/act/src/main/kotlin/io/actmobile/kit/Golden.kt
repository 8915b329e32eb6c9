package io.actmobile.kit

import java.io.File
import kotlin.math.abs

/** Real calls and their answers, `NAME.golden.npz`: what a model must answer here before it is used. */
class Golden private constructor(private val manifest: Manifest, private val arrays: Tensors) {
    /** Calls in it. */
    val calls: Int = arrays.getValue(manifest.data[0].name).shape[0]

    /** The inputs of a call: data, state and budget. */
    fun inputs(call: Int): Tensors =
        manifest.inputs.associate { it.name to arrays.getValue(it.name).part(call) }

    /** The outputs that are expected. */
    fun outputs(call: Int): Tensors =
        manifest.outputs.associate { it.name to arrays.getValue(it.name).part(call) }

    /**
     * Run every call and compare.
     *
     * N must be equal, except where a halting sum lies on the threshold. Floats may be off by the bundle's
     * own tolerance; the outputs of a row whose N differs are not compared.
     *
     * @return what is wrong, in words; null if nothing is.
     */
    fun check(model: StepModel): String? {
        var compared = 0
        for (call in 0 until calls) {
            val actual = model.call(inputs(call))
            val expected = outputs(call)
            val rows = rowsOfEqualSteps(call, expected, actual) ?: return "N differs in call $call"
            for (facts in manifest.outputs) {
                val found = actual[facts.name]
                val value = expected.getValue(facts.name)
                if (found == null || (facts.isFloat && found !is Floats)) return "the runtime returned no '${facts.name}'"
                if (found.size != value.size) return "'${facts.name}' has ${found.size} numbers, not ${value.size}"
                if (found !is Floats || value !is Floats) continue
                val tolerance = arrays.getValue(facts.name + TOLERANCE).part(call) as Floats
                compared += rows.count { it } * (value.size / rows.size)
                off(value, found, tolerance, rows)?.let { return "'${facts.name}' is off by $it in call $call" }
            }
        }
        return if (compared == 0) "nothing could be compared" else null
    }

    /** Rows of the batch with the expected N; null where N differs and may not. */
    private fun rowsOfEqualSteps(call: Int, expected: Tensors, actual: Tensors): BooleanArray? {
        val onThreshold = arrays.getValue(ON_THRESHOLD).part(call) as Flags
        val wanted = numbers(expected.getValue("ponder_steps"))
        val found = numbers(actual["ponder_steps"] ?: return null)
        if (found.size != wanted.size) return null
        val rows = BooleanArray(onThreshold.shape[0]) { true }
        for (i in wanted.indices) {
            if (wanted[i] == found[i]) continue
            if (!onThreshold.values[i]) return null
            rows[i / (wanted.size / rows.size)] = false
        }
        return rows
    }

    private fun off(expected: Floats, found: Floats, tolerance: Floats, rows: BooleanArray): Float? {
        val length = expected.size / rows.size
        for (i in expected.values.indices) {
            if (!rows[i / length]) continue
            val error = abs(found.values[i] - expected.values[i])
            if (!(error <= tolerance.values[i])) return error
        }
        return null
    }

    private fun numbers(tensor: Tensor): FloatArray = when (tensor) {
        is Floats -> tensor.values
        is Ints -> FloatArray(tensor.size) { tensor.values[it].toFloat() }
        is Flags -> FloatArray(tensor.size) { if (tensor.values[it]) 1f else 0f }
    }

    companion object {
        const val SUFFIX = ".golden.npz"
        private const val TOLERANCE = ".tolerance"
        private const val ON_THRESHOLD = "ponder_steps.on_threshold"

        /**
         * Read the bundle of an artefact.
         *
         * @throws Refused it is missing, damaged, or another artefact's.
         */
        fun read(manifest: Manifest, file: File): Golden {
            val arrays = Npz.read(file)
            val facts = manifest.inputs + manifest.outputs
            val tolerances = manifest.outputs.filter { it.isFloat }.map { it.name + TOLERANCE }
            val names = facts.map { it.name } + tolerances + ON_THRESHOLD
            if (arrays.keys != names.toSet()) foreign(manifest, file)
            val first = arrays.getValue(manifest.data[0].name).shape
            val calls = first.firstOrNull() ?: 0
            val free = manifest.data[0].shape.indexOf(null)
            val length = if (free < 0) 1 else first.getOrNull(free + 1) ?: 1
            for (each in facts) {
                val array = arrays.getValue(each.name)
                val right = if (each.isFloat) array is Floats else array is Ints
                if (!right || array.shape != listOf(calls) + each.at(length)) foreign(manifest, file)
            }
            for (each in manifest.outputs.filter { it.isFloat }) {
                val tolerance = arrays.getValue(each.name + TOLERANCE) as? Floats ?: foreign(manifest, file)
                if (tolerance.shape != arrays.getValue(each.name).shape) foreign(manifest, file)
                if (tolerance.values.any { !(it >= 0f && it.isFinite()) }) foreign(manifest, file)
            }
            val flags = arrays.getValue(ON_THRESHOLD)
            if (flags !is Flags || flags.shape != arrays.getValue("ponder_steps").shape) foreign(manifest, file)
            if (calls == 0 || length == 0) foreign(manifest, file)
            return Golden(manifest, arrays)
        }

        private fun foreign(manifest: Manifest, file: File): Nothing =
            throw Refused("${file.name}: not the golden bundle of ${manifest.artefact}: export the model again")
    }
}
