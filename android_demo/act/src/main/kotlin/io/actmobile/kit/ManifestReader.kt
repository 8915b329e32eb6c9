package io.actmobile.kit

/** Takes the entries of a manifest as the types that they must have. */
internal class ManifestReader(text: String, private val name: String) {
    private val root = entries(Json.read(text, name), "it")

    fun manifest(): Manifest {
        val format = root["format"]
        if (format != Manifest.FORMAT) {
            throw Refused("$name: not a manifest of format ${Manifest.FORMAT}: export the model again")
        }
        val axes = list(root["axes"] ?: emptyList<Any>(), "axes").associate {
            val axis = entries(it, "axes")
            text(axis, "name") to natural(axis, "largest")
        }
        val model = entries(root["model"], "model")
        val read = Manifest(
            artefact = fileName(text(root, "artefact")),
            target = target(),
            ponder = text(root, "ponder"),
            sequence = (root["sequence"] as? Double)?.toInt()?.toString() ?: text(root, "sequence"),
            precision = text(root, "precision"),
            batch = natural(root, "batch"),
            inputs = list(root["inputs"], "inputs").map { tensor(it, axes) },
            outputs = list(root["outputs"], "outputs").map { tensor(it, axes) },
            states = list(root["states"], "states").map(::state),
            parts = list(root["parts"] ?: emptyList<Any>(), "parts").map(::part),
            kind = model["model"] as? String ?: "sequence",
            task = entries(root["task"], "task")["name"] as? String ?: "",
            purpose = root["purpose"] as? String,
            license = root["license"] as? String,
            epsilon = (root["epsilon"] as? Double)?.toFloat(),
            maxPonder = natural(root, "max_ponder"),
            vocabulary = root["vocabulary"] as? String,
            vocabSize = model["vocab_size"]?.let { natural(model, "vocab_size") },
            labels = list(root["labels"] ?: emptyList<Any>(), "labels").map { it as? String ?: wrong("labels") },
            sha256 = text(root, "sha256"),
            size = (root["size"] as? Double ?: 0.0).toLong(),
            created = text(root, "created"),
        )
        check(read)
        return read
    }

    private fun check(read: Manifest) {
        val inputs = read.inputs.associateBy(TensorFacts::name)
        val outputs = read.outputs.associateBy(TensorFacts::name)
        if (inputs.size < read.inputs.size) wrong("inputs")
        if (outputs.size < read.outputs.size) wrong("outputs")
        if (read.data.isEmpty()) wrong("inputs")
        // Compared within tolerances; N is whole, or of floats where a target has no integers.
        for (needed in listOf("y", "remainder")) if (outputs[needed]?.isFloat != true) wrong("outputs")
        if ("ponder_steps" !in outputs) wrong("outputs")
        if (read.inputs.any { it.default == null && it.shape.firstOrNull() != read.batch }) wrong("inputs")
        if (read.outputs.any { it.shape.firstOrNull() != read.batch }) wrong("outputs")
        for (pair in read.states) {
            val shape = inputs[pair.input]?.takeIf(TensorFacts::isFloat)?.shape ?: wrong("states")
            if (outputs[pair.output]?.takeIf(TensorFacts::isFloat)?.shape != shape) wrong("states")
        }
        if (read.maxPonder > Manifest.MOST_PONDER) wrong("max_ponder")
        if (read.budget.any { !it.isFloat && it.default?.toInt() !in 1..read.maxPonder }) wrong("default")
        val size = read.vocabSize
        if (read.vocabulary == "bytes" && (size == null || size < ByteText.SIZE)) wrong("vocabulary")
    }

    private fun tensor(value: Any?, axes: Map<String, Int>): TensorFacts {
        val entry = entries(value, "inputs")
        val shape = list(entry["shape"], "shape").map { axis ->
            when (axis) {
                null -> null
                is String -> axes[axis] ?: wrong("shape")
                else -> length(axis)
            }
        }
        if (shape.size > MOST_AXES || shape.fold(1L) { n, axis -> minOf(n * (axis ?: 1), OVER) } == OVER) {
            wrong("shape")
        }
        val dtype = text(entry, "dtype")
        if (dtype != "float32" && dtype != "int32") wrong("dtype")
        return TensorFacts(text(entry, "name"), dtype == "float32", shape, (entry["default"] as? Double)?.toFloat())
    }

    private fun state(value: Any?): StatePair {
        val entry = entries(value, "states")
        val initial = entry["initial"] as? Double ?: wrong("states")
        return StatePair(text(entry, "input"), text(entry, "output"), initial.toFloat())
    }

    private fun part(value: Any?): Part {
        val entry = entries(value, "parts")
        val names = { key: String -> list(entry[key], key).map { it as? String ?: wrong(key) } }
        val repeat = entry["repeat"]?.let { entries(it, "repeat") }
        val threshold = repeat?.let {
            it["threshold"] as? String ?: (it["threshold"] as? Double)?.toFloat() ?: wrong("repeat")
        }
        return Part(
            fileName(text(entry, "name")), names("inputs"), names("outputs"),
            repeat?.let { text(it, "progress") }, threshold,
        )
    }

    /** A target's name, of which an app may make the name of a folder. */
    private fun target(): String = text(root, "target").takeIf(TARGET::matches) ?: wrong("target")

    /** A name that is of a file beside the manifest, never a path. */
    private fun fileName(text: String): String {
        if (text.isEmpty() || text == "." || text == ".." || text.any { it == '/' || it == '\\' || it < ' ' }) {
            wrong("artefact")
        }
        return text
    }

    private fun entries(value: Any?, place: String): Map<*, *> = value as? Map<*, *> ?: wrong(place)

    private fun list(value: Any?, place: String): List<*> = value as? List<*> ?: wrong(place)

    private fun text(from: Map<*, *>, key: String): String = from[key] as? String ?: wrong(key)

    private fun natural(from: Map<*, *>, key: String): Int = length(from[key], key)

    private fun length(value: Any?, key: String = "shape"): Int {
        val number = value as? Double ?: wrong(key)
        if (number < 1 || number > Int.MAX_VALUE || number % 1 != 0.0) wrong(key)
        return number.toInt()
    }

    private fun wrong(key: String): Nothing =
        throw Refused("$name: not a whole manifest ($key): export the model again")

    private companion object {
        const val MOST_AXES = 8
        val TARGET = Regex("[a-z][a-z0-9_-]{0,31}")

        /** Elements that no tensor of a phone has. */
        const val OVER = 1L shl 28
    }
}
