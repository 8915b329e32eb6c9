package io.actmobile.demo.run

import io.actmobile.kit.Calls
import io.actmobile.kit.Floats
import io.actmobile.kit.Json
import io.actmobile.kit.Manifest
import io.actmobile.kit.Plan
import io.actmobile.kit.Refused
import io.actmobile.kit.Rows
import io.actmobile.kit.Runtime
import io.actmobile.kit.StepModel
import io.actmobile.kit.Tensor
import io.actmobile.kit.Tensors
import java.io.File
import java.io.IOException

/**
 * A measurement inside the app: what act-runner does, through the app's own runtimes.
 *
 * Files lie in one folder of the app, and are named, never given as paths: `plan` and `data`, which are read
 * with the artefact that the plan names, and `rows`, which is written (docs/profiling-formats.md).
 */
class Benchmark private constructor(private val folder: File, private val extras: Extras) {
    /** What the intent asks for. */
    private class Extras(
        val plan: String, val data: String, val rows: String, val keep: String,
        val warmup: Int, val from: Int, val minCount: Int, val minSeconds: Float,
    )

    /** The end of a measurement: [code] as act-runner exits, and its line of JSON, or the reason. */
    class Ending(val code: Int, val words: String)

    /** Run all calls, and again until they are as many and as long as asked for, to the end of the data. */
    fun run(runtimes: List<Runtime>): Ending {
        val before = Memory.peakKib()
        val start = System.nanoTime()
        val plan: Manifest
        val calls: Calls
        val runtime: Runtime
        try {
            plan = Plan.read(inFolder(extras.plan))
            if (plan.artefact.equals(extras.rows, true)) throw Refused("extra 'rows' is ${extras.rows}: it would take the place of the artefact")
            calls = Calls.read(plan, inFolder(extras.data))
            if (extras.from >= calls.size) throw Refused("extra 'from' is ${extras.from}: there are ${calls.size} calls")
            runtime = runtimes.firstOrNull { it.target == plan.target } ?: throw Refused("no runtime of this app takes a model for ${plan.target}")
            inFolder(extras.rows)
        } catch (refused: Refused) {
            return Ending(USAGE, refused.message)
        }
        return try {
            runtime.open(inFolder(plan.artefact), plan).use { model ->
                val init = System.nanoTime() - start
                measured(Run(plan, model, calls), init, before)
            }
        } catch (refused: Refused) {
            Ending(OPENING, refused.message)
        }
    }

    private fun measured(run: Run, init: Long, before: Long?): Ending {
        val opened = Memory.peakKib()
        try {
            val found = Rows(inFolder(extras.rows).outputStream()).use { run.all(it) }
            val facts = linkedMapOf<String, Any?>("runtime" to Json.quoted(run.model.backend), "init_ns" to init)
            facts += found
            facts += mapOf("base_kib" to before, "init_peak_kib" to opened, "peak_kib" to Memory.peakKib())
            val known = facts.filterValues { it != null }
            return Ending(DONE, known.entries.joinToString(", ", "{", "}") { "${Json.quoted(it.key)}: ${it.value}" })
        } catch (refused: Refused) {
            return Ending(CALL, refused.message)
        } catch (full: IOException) {
            return Ending(ROWS, "${extras.rows}: ${full.message}")
        }
    }

    private inner class Run(private val plan: Manifest, val model: StepModel, private val calls: Calls) {
        private val budget = plan.defaultBudget()
        private val initial = plan.initialState()
        private val kept = plan.outputs.filter { extras.keep == ALL || it.name in PONDER }
        private var state: Tensors = initial

        fun all(rows: Rows): Map<String, Long> {
            var first = 0L
            var warm = 0L
            repeat(extras.warmup) { number ->
                val took = timed(number % calls.size).second
                if (first == 0L) first = took
                warm += took
            }
            val start = System.nanoTime()
            var count = 0L
            var passes = 0L
            var from = extras.from
            do {
                state = initial
                for (number in from until calls.size) {
                    if (calls[number].isFirst) ended(rows)
                    val (outputs, took) = timed(number)
                    if (first == 0L) first = took
                    rows.add(number.toLong(), passes, took, calls[number].time, output(outputs, "y"), kept.map { output(outputs, it.name) })
                    count++
                }
                ended(rows)
                passes++
                from = 0
            } while (count < extras.minCount || System.nanoTime() - start < extras.minSeconds * 1e9)
            return mapOf("first_ns" to first, "warmup_ns" to warm, "calls" to count, "repeats" to passes)
        }

        /** Between two sequences: rows are written, and who took the plan away wants no more of them. */
        private fun ended(rows: Rows) {
            rows.flush()
            if (!inFolder(extras.plan).exists()) throw Refused("${extras.plan}: taken away")
        }

        private fun timed(number: Int): Pair<Tensors, Long> {
            val call = calls[number]
            val given = call.state ?: state.mapValues { (name, kept) -> floats(kept).freshRows(call.fresh, floats(initial.getValue(name))) }
            val inputs = HashMap(given)
            inputs.putAll(budget)
            inputs.putAll(call.data)
            val before = System.nanoTime()
            val outputs = model.call(inputs)
            val took = System.nanoTime() - before
            state = plan.states.associate { it.input to output(outputs, it.output) }
            return outputs to took
        }

        private fun floats(state: Tensor) = state as? Floats ?: throw Refused("a state is not of floats")

        private fun output(outputs: Tensors, name: String) = outputs[name] ?: throw Refused("the runtime returned no '$name'")
    }

    private fun inFolder(name: String): File {
        if (name.isEmpty() || name.startsWith(".") || name != File(name).name) throw Refused("$name: no name of a file in the app's own folder")
        return File(folder, name)
    }

    companion object {
        private val PONDER = listOf("ponder_steps", "remainder")
        private const val ALL = "all"

        /** Exit codes of act-runner. */
        const val DONE = 0
        const val USAGE = 2
        const val OPENING = 4
        const val CALL = 5
        const val ROWS = 6

        /** Ends the name of the file with an ending, which is written aside first. */
        internal const val STATUS = ".status"
        private const val STATUS_ASIDE = "$STATUS.new"

        /** Calls of one measurement. */
        const val MOST_CALLS = 1_000_000
        private const val MOST_SECONDS = 86_400f
        private val KNOWN = setOf("plan", "data", "rows", "keep", "warmup", "from", "min_count", "min_seconds")

        /**
         * Take the extras of an intent.
         *
         * @throws Refused one is missing, not known or out of range.
         */
        fun of(extras: Map<String, Any?>, folder: File): Benchmark {
            (extras.keys - KNOWN).firstOrNull()?.let { throw Refused("extra '$it' is not known") }
            fun text(key: String) = extras[key] as? String ?: throw Refused("extra '$key' is missing: --es $key NAME")
            fun whole(key: String, least: Int): Int {
                val given = extras[key] ?: least
                if (given !is Int || given !in least..MOST_CALLS) throw Refused("extra '$key' is $given: --ei $key $least to $MOST_CALLS")
                return given
            }
            val keep = extras["keep"] ?: "ponder"
            if (keep != "ponder" && keep != ALL) throw Refused("extra 'keep' is $keep: --es keep ponder, or all")
            val (plan, data, rows) = Triple(text("plan"), text("data"), text("rows"))
            // Names of files on storage that knows no capital letters.
            for (written in listOf(rows, rows + STATUS, rows + STATUS_ASIDE)) {
                if (written.equals(plan, true) || written.equals(data, true)) throw Refused("extra 'rows' is $rows: it would take the place of $written")
            }
            val seconds = extras["min_seconds"] ?: 0f
            if (seconds !is Float || !(seconds in 0f..MOST_SECONDS)) throw Refused("extra 'min_seconds' is $seconds: --ef min_seconds 0.5")
            return Benchmark(
                folder,
                Extras(
                    plan, data, rows, keep as String,
                    whole("warmup", 0), whole("from", 0), whole("min_count", 1), seconds,
                ),
            )
        }
    }
}
