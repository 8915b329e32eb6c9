package io.actmobile.kit

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.IOException

/** Reads `plan.txt`, what act-profile says of an artefact to whatever measures it: docs/profiling-formats.md. */
object Plan {
    private const val FORMAT = "act-plan 1"
    private const val LIMIT = 1 shl 20
    private const val MOST_AXES = 8

    /** Elements that no tensor of a phone has. */
    private const val OVER = 1L shl 28

    /**
     * Read a plan as the manifest that a runtime opens a model by; the budget's defaults are the plan's values.
     *
     * @throws Refused it is missing, or no plan.
     */
    fun read(file: File): Manifest {
        val bytes = try {
            file.inputStream().use { Npz.bounded(it, LIMIT) }
        } catch (error: IOException) {
            throw Refused("${file.name}: cannot be read (${error.message})")
        }
        return parse(String(bytes ?: throw Refused("${file.name}: more than $LIMIT bytes")), file.name)
    }

    /** The same from text; [name] is the file's, for messages. */
    fun parse(text: String, name: String): Manifest = Lines(text, name).manifest()

    private class Lines(text: String, private val file: String) {
        private val lines = text.split('\n').filter(String::isNotEmpty).map { it.split(' ') }

        fun manifest(): Manifest {
            if (lines.firstOrNull() != FORMAT.split(' ')) throw Refused("$file: no plan of format '$FORMAT'")
            val budget = all("budget", 2).associate { (input, value) -> name(input) to number(value) }
            val inputs = tensors("input", budget)
            val outputs = tensors("output", emptyMap())
            val states = all("state", 3).map { (from, to, initial) -> StatePair(name(from), name(to), number(initial)) }
            val made = Manifest(
                artefact = fileName(one("artefact")), target = one("target"), ponder = "", precision = "",
                sequence = if (inputs.any { null in it.shape }) "dynamic" else "stream",
                batch = size(one("batch")) ?: wrong("batch"), inputs = inputs, outputs = outputs, states = states,
                parts = parts(), kind = "", task = "", purpose = null, license = null, epsilon = null,
                // A plan does not say.
                maxPonder = Manifest.MOST_PONDER, vocabulary = null, vocabSize = null, labels = emptyList(), sha256 = "", size = 0, created = "",
            )
            check(made)
            return made
        }

        private fun check(made: Manifest) {
            val inputs = made.inputs.associateBy(TensorFacts::name)
            val outputs = made.outputs.associateBy(TensorFacts::name)
            if (inputs.size < made.inputs.size || made.data.isEmpty()) wrong("input")
            if (outputs.size < made.outputs.size) wrong("output")
            for (needed in listOf("y", "ponder_steps", "remainder")) outputs[needed] ?: wrong("output")
            for (pair in made.states) {
                val shape = inputs[pair.input]?.takeIf(TensorFacts::isFloat)?.shape ?: wrong("state")
                if (null in shape || shape != outputs[pair.output]?.shape) wrong("state")
            }
            if (made.inputs.any { it.shape.firstOrNull() != made.batch && it.default == null }) wrong("batch")
        }

        private fun parts(): List<Part> {
            class Made(val name: String, val inputs: ArrayList<String> = ArrayList(), val outputs: ArrayList<String> = ArrayList()) {
                var repeat: Pair<String, Any>? = null
            }
            val made = ArrayList<Made>()
            for (words in lines) {
                val last = made.lastOrNull()
                when (words[0]) {
                    "part" -> made += Made(fileName(name(word(words, 1))))
                    "part-input" -> (last ?: wrong("part")).inputs += name(word(words, 1))
                    "part-output" -> (last ?: wrong("part")).outputs += name(word(words, 1))
                    "repeat" -> {
                        val limit = word(words, 2)
                        (last ?: wrong("part")).repeat = name(word(words, 1)) to (limit.toFloatOrNull() ?: name(limit))
                    }
                }
            }
            return made.map { Part(it.name, it.inputs, it.outputs, it.repeat?.first, it.repeat?.second) }
        }

        private fun tensors(kind: String, budget: Map<String, Float>): List<TensorFacts> = lines.filter { it[0] == kind }.map { words ->
            val isFloat = when (word(words, 2)) {
                "float32" -> true
                "int32" -> false
                else -> wrong(kind)
            }
            val shape = words.drop(3).map(::size)
            if (shape.size > MOST_AXES || shape.count { it == null } > 1 || shape.fold(1L) { n, axis -> minOf(n * (axis ?: 1), OVER) } == OVER) wrong(kind)
            val input = name(word(words, 1))
            TensorFacts(input, isFloat, shape, budget[input])
        }

        /** The length of an axis; null for time, which a call chooses. */
        private fun size(word: String): Int? {
            val size = word.toIntOrNull() ?: wrong(word)
            if (size != -1 && size < 1) wrong(word)
            return size.takeIf { it > 0 }
        }

        private fun number(word: String): Float = word.toFloatOrNull() ?: wrong(word)

        private fun all(kind: String, count: Int): List<List<String>> =
            lines.filter { it[0] == kind }.map { words -> words.drop(1).also { if (it.size != count) wrong(kind) } }

        private fun one(kind: String): String = name(all(kind, 1).singleOrNull()?.single() ?: wrong(kind))

        private fun word(words: List<String>, at: Int): String = words.getOrNull(at) ?: wrong(words[0])

        /** A name whose bytes may be written as `%` and two hexadecimal digits. */
        private fun name(word: String): String {
            val bytes = ByteArrayOutputStream()
            var at = 0
            while (at < word.length) {
                if (word[at] != '%') {
                    bytes.write(word[at++].code)
                    continue
                }
                val digits = word.substring(at + 1, minOf(at + 3, word.length))
                bytes.write(digits.takeIf { it.length == 2 }?.toIntOrNull(16) ?: wrong(word))
                at += 3
            }
            return bytes.toString("UTF-8")
        }

        /** A name that is of a file beside the plan, never a path. */
        private fun fileName(text: String): String {
            if (text.isEmpty() || text == "." || text == ".." || text.any { it == '/' || it == '\\' || it < ' ' }) wrong("artefact")
            return text
        }

        private fun wrong(what: String): Nothing = throw Refused("$file: not a whole plan ($what): let act-profile write it")
    }
}
