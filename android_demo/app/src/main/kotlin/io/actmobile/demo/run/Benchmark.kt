package io.actmobile.demo.run

import io.actmobile.kit.Floats
import io.actmobile.kit.Ints
import io.actmobile.kit.Manifest
import io.actmobile.kit.Npz
import io.actmobile.kit.Opening
import io.actmobile.kit.Refused
import io.actmobile.kit.Rows
import io.actmobile.kit.Runtime
import io.actmobile.kit.Tensor
import io.actmobile.kit.Tensors
import java.io.File

/**
 * A measurement inside the app: what act-runner does, through the app's own runtimes.
 *
 * Files lie in one folder of the app, and are named, never given as paths: the model's manifest, `data` (an
 * `.npz` of the data inputs, calls along the first axis, sequences along the second) and `rows`, which is written.
 */
class Benchmark(
    private val folder: File,
    private val model: String,
    private val data: String,
    private val rows: String,
    private val runs: Int,
    private val haltThreshold: Float?,
    private val maxPonder: Int?,
) {
    /**
     * Check the golden bundle, then run all data [runs] times, each sequence from the initial state.
     *
     * @return the backend that ran.
     * @throws Refused nothing was written.
     */
    fun run(runtimes: List<Runtime>): String {
        Opening.open(inFolder(model + Manifest.SUFFIX), runtimes).use { opened ->
            val given = Npz.read(inFolder(data))
            val names = opened.manifest.data.map { it.name }
            if (given.keys != names.toSet()) throw Refused("$data: holds ${given.keys}, the model takes $names")
            val budget = budget(opened.manifest)
            val aside = inFolder("$rows.new")
            Rows(aside.outputStream().buffered()).use { out ->
                for (repeat in 0 until runs) measure(opened.manifest, opened.model::call, given, budget, repeat, out)
            }
            if (!aside.renameTo(inFolder(rows))) throw Refused("$rows: cannot be written")
            return opened.model.backend
        }
    }

    private fun measure(
        manifest: Manifest, call: (Tensors) -> Tensors, given: Tensors, budget: Tensors, repeat: Int, out: Rows,
    ) {
        var number = 0L
        val sequences = given.values.first().shape[0]
        for (sequence in 0 until sequences) {
            var state = manifest.initialState()
            val times = given.mapValues { it.value.part(sequence) }
            for (time in 0 until times.values.first().shape[0]) {
                val inputs = HashMap(state)
                inputs.putAll(budget)
                for (facts in manifest.data) inputs[facts.name] = shaped(times.getValue(facts.name).part(time), facts.at(1))
                val before = System.nanoTime()
                val outputs = call(inputs)
                val nanoseconds = System.nanoTime() - before
                state = manifest.states.associate { it.input to outputs.getValue(it.output) }
                val kept = manifest.outputs.filter { it.name in PONDER }.map { outputs.getValue(it.name) }
                out.add(number++, repeat.toLong(), nanoseconds, 1, outputs.getValue("y"), kept)
            }
        }
    }

    private fun shaped(tensor: Tensor, shape: List<Int>): Tensor {
        if (shape.fold(1, Int::times) != tensor.size) throw Refused("$data: of shape ${tensor.shape}, the model takes $shape")
        return when (tensor) {
            is Floats -> Floats(shape, tensor.values)
            is Ints -> Ints(shape, tensor.values)
            else -> throw Refused("$data: truth values are no input")
        }
    }

    private fun budget(manifest: Manifest): Tensors {
        if ((haltThreshold != null || maxPonder != null) && manifest.budget.isEmpty()) {
            throw Refused("$model: has no budget: export it with --budget-inputs")
        }
        val wanted = mapOf("halt_threshold" to haltThreshold, "max_ponder" to maxPonder?.toFloat())
        return manifest.budget.associate { it.name to it.filled(wanted[it.name] ?: it.default ?: 0f) }
    }

    private fun inFolder(name: String): File {
        if (name.isEmpty() || name.startsWith(".") || name != File(name).name) throw Refused("$name: no name of a file in the app's own folder")
        return File(folder, name)
    }

    companion object {
        private val PONDER = listOf("ponder_steps", "remainder")

        /** Times that the data may be run through. */
        const val MOST_RUNS = 100_000

        /**
         * Take the extras of an intent.
         *
         * @throws Refused one is missing, not known or out of range.
         */
        fun of(extras: Map<String, Any?>, folder: File): Benchmark {
            val unknown = extras.keys - setOf("model", "data", "rows", "runs", "halt_threshold", "max_ponder")
            if (unknown.isNotEmpty()) throw Refused("extra '${unknown.first()}' is not known")
            fun text(key: String) = extras[key] as? String ?: throw Refused("extra '$key' is missing: --es $key NAME")
            val runs = extras["runs"] ?: 1
            if (runs !is Int || runs !in 1..MOST_RUNS) throw Refused("extra 'runs' is $runs: --ei runs 1 to $MOST_RUNS")
            val threshold = extras["halt_threshold"]
            if (threshold != null && threshold !is Float) throw Refused("extra 'halt_threshold' is $threshold: --ef halt_threshold 0.9")
            val limit = extras["max_ponder"]
            if (limit != null && (limit !is Int || limit < 1)) throw Refused("extra 'max_ponder' is $limit: --ei max_ponder 1 or more")
            return Benchmark(folder, text("model"), text("data"), text("rows"), runs, threshold, limit)
        }
    }
}
