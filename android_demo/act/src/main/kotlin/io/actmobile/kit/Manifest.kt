package io.actmobile.kit

import java.io.File
import java.io.IOException

/** An input or output; a length of null is one that a call chooses. */
class TensorFacts(
    val name: String,
    val isFloat: Boolean,
    val shape: List<Int?>,
    /** The model's own value of an input of the budget; null for any other. */
    val default: Float?,
) {
    /** Its shape in a call whose free axes all have this length. */
    fun at(length: Int): List<Int> = shape.map { it ?: length }

    /** Zeros, or whatever [value] is. */
    fun filled(value: Float): Tensor {
        val sizes = at(1)
        val size = sizes.fold(1, Int::times)
        return if (isFloat) {
            Floats(sizes, FloatArray(size) { value })
        } else {
            Ints(sizes, IntArray(size) { value.toInt() })
        }
    }
}

/** A state: a call's [output] is the next one's [input]; a sequence begins with [initial]. */
class StatePair(val input: String, val output: String, val initial: Float)

/** A part of the host form: called once or, with [progress], as long as that is below [threshold]. */
class Part(
    val name: String,
    val inputs: List<String>,
    val outputs: List<String>,
    val progress: String?,
    /** A number, or the name of the value that holds it. */
    val threshold: Any?,
)

/** The description of an exported model: `NAME.manifest.json`, as far as an app needs it. */
class Manifest(
    val artefact: String,
    val target: String,
    val ponder: String,
    /** `stream`, `dynamic`, `whole` or a number of time steps. */
    val sequence: String,
    val precision: String,
    val batch: Int,
    val inputs: List<TensorFacts>,
    val outputs: List<TensorFacts>,
    val states: List<StatePair>,
    val parts: List<Part>,
    /** `sequence` or `iterated`. */
    val kind: String,
    /** The name of its task; empty if it has none. */
    val task: String,
    val purpose: String?,
    val license: String?,
    val epsilon: Float?,
    val maxPonder: Int,
    val vocabulary: String?,
    val vocabSize: Int?,
    val labels: List<String>,
    val sha256: String,
    val size: Long,
    val created: String,
) {
    /** The name that the artefact's files share. */
    val name: String get() = artefact.substringBeforeLast('.')

    /** Inputs that are neither state nor budget. */
    val data: List<TensorFacts> get() {
        val state = states.map(StatePair::input)
        return inputs.filter { it.default == null && it.name !in state }
    }

    /** `halt_threshold` and `max_ponder`, where they are inputs. */
    val budget: List<TensorFacts> get() = inputs.filter { it.default != null }

    /** The state that a sequence begins with. */
    fun initialState(): Tensors {
        val facts = inputs.associateBy(TensorFacts::name)
        return states.associate { it.input to facts.getValue(it.input).filled(it.initial) }
    }

    /** The model's own budget, as its inputs; empty where it has none. */
    fun defaultBudget(): Tensors = budget.associate { it.name to it.filled(it.default ?: 0f) }

    companion object {
        const val FORMAT = "act-mobile/manifest/1"
        const val SUFFIX = ".manifest.json"

        /** The most ponder steps that a layer may take. */
        internal const val MOST_PONDER = 10_000

        /** Bytes of a manifest that are read. */
        const val LIMIT = 16 shl 20

        /**
         * Read a manifest.
         *
         * @throws Refused it is missing, or not a manifest of this format.
         */
        fun read(file: File): Manifest {
            val text = try {
                file.inputStream().use { Npz.bounded(it, LIMIT) }
            } catch (error: IOException) {
                throw Refused("${file.name}: cannot be read (${error.message})")
            }
            return parse(String(text ?: throw Refused("${file.name}: more than $LIMIT bytes")), file.name)
        }

        /** The same from text; [name] is the file's, for messages. */
        fun parse(text: String, name: String): Manifest = ManifestReader(text, name).manifest()
    }
}
