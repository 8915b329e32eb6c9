package io.actmobile.android

import io.actmobile.ActContext
import io.actmobile.ActException
import io.actmobile.ActModel
import io.actmobile.kit.Floats
import io.actmobile.kit.Ints
import io.actmobile.kit.Manifest
import io.actmobile.kit.Refused
import io.actmobile.kit.Runtime
import io.actmobile.kit.StepModel
import io.actmobile.kit.Tensor
import io.actmobile.kit.Tensors
import io.actmobile.kit.orClose
import java.io.File

/** This project's own engine, of native/engine, through its JNI library. */
class NativeEngine : Runtime {
    override val name get() = "Native engine"
    override val target get() = "native"

    override fun open(artefact: File, manifest: Manifest): StepModel = try {
        ActModel.open(artefact.path).orClose { model ->
            if (!fits(model, manifest)) throw Refused("${manifest.artefact}: the native engine refuses it: not the model of its manifest")
            Rows(model, manifest)
        }
    } catch (error: ActException) {
        throw Refused("${manifest.artefact}: the native engine refuses it: ${error.message}")
    } catch (error: LinkageError) {
        throw Refused("${manifest.artefact}: the native engine is not in this app for this processor (${error.message})")
    }

    /** True if the manifest's tensors are those of the file, by which calls are divided into rows. */
    private fun fits(model: ActModel, manifest: Manifest): Boolean {
        val data = manifest.data.singleOrNull() ?: return false
        val axes = if (model.channels == 0 && hasTime(data.isFloat, data.shape.size)) 2 else 1
        fun size(output: String, skipped: Int = axes) =
            manifest.outputs.first { it.name == output }.at(1).drop(skipped).fold(1, Int::times)
        if (size("ponder_steps") != model.layers || size("remainder") != model.layers) return false
        val item = data.at(1).drop(axes)
        if (model.channels > 0) {
            val isInside = item.size == 3 && item[0] == model.channels && item[1] <= model.height && item[2] <= model.width
            return isInside && data.isFloat && manifest.states.isEmpty() &&
                size("y") == model.outputSize * if (model.pooled) 1 else item[1] * item[2]
        }
        return data.isFloat == (model.vocabSize == 0) && item.fold(1, Int::times) == (if (data.isFloat) model.inputSize else 1) &&
            manifest.states.sumOf { size(it.output, 1) } == model.stateSize && size("y") == model.outputSize
    }

    /** A batch is run row by row in one context, which is given each row's state. */
    private class Rows(private val model: ActModel, private val manifest: Manifest) : StepModel {
        private val context: ActContext = model.context()
        override val backend = "native engine, ${model.kernels} kernels"

        override fun call(inputs: Tensors): Tensors = try {
            context.setBudget(
                inputs["halt_threshold"]?.scalar ?: model.haltThreshold,
                inputs["max_ponder"]?.scalar?.toInt() ?: model.maxPonder,
            )
            val data = inputs.getValue(manifest.data.single().name)
            val batch = data.shape[0]
            val time = if (hasTime(data is Floats, data.shape.size)) data.shape[1] else 1
            val rows = List(batch) { row -> if (model.channels > 0) image(data, row) else row(data, inputs, row) }
            val answers = rows.map { it.first }
            val steps = Ints(shape("ponder_steps", time), answers.flatMap { it.ponderSteps.asList() }.toIntArray())
            mapOf(
                "y" to Floats(shape("y", time), joined(answers.map { it.y })),
                "ponder_steps" to steps,
                "remainder" to Floats(shape("remainder", time), joined(answers.map { it.remainders })),
            ) + states(rows.map { it.second })
        } catch (error: ActException) {
            throw Refused("the native engine: ${error.message}")
        }

        private fun row(data: Tensor, inputs: Tensors, row: Int): Pair<ActContext.Output, FloatArray> {
            context.state = joined(manifest.states.map { (inputs.getValue(it.input).part(row) as Floats).values })
            val answer = when (val x = data.part(row)) {
                is Floats -> context.run(x.values)
                is Ints -> context.run(x.values)
                else -> throw Refused("the native engine takes numbers")
            }
            return answer to context.state
        }

        /** An image (channels, height, width), which leaves no state. */
        private fun image(data: Tensor, row: Int): Pair<ActContext.Output, FloatArray> {
            val x = data.part(row) as? Floats ?: throw Refused("the native engine takes images of floats")
            if (x.shape.size != 3) throw Refused("the native engine takes images, not ${x.shape}")
            val y = context.run(x.values, x.shape[1], x.shape[2])
            val steps = IntArray(model.layers, context::ponderSteps)
            return ActContext.Output(y, steps, FloatArray(model.layers, context::remainder)) to FloatArray(0)
        }

        /** Rows of all states, one after the other, as the state outputs. */
        private fun states(rows: List<FloatArray>): Tensors {
            var at = 0
            return manifest.states.associate { pair ->
                val facts = manifest.outputs.first { it.name == pair.output }
                val size = facts.at(1).drop(1).fold(1, Int::times)
                val from = at
                at += size
                pair.output to Floats(facts.at(1), joined(rows.map { it.copyOfRange(from, from + size) }))
            }
        }

        private fun shape(output: String, time: Int): List<Int> = manifest.outputs.first { it.name == output }.at(time)

        private fun joined(parts: List<FloatArray>): FloatArray {
            val all = FloatArray(parts.sumOf { it.size })
            var at = 0
            for (part in parts) {
                part.copyInto(all, at)
                at += part.size
            }
            return all
        }

        override fun close() {
            context.close()
            model.close()
        }
    }

    private companion object {
        /** True if the second axis counts time steps. Images have more axes, and no time. */
        fun hasTime(isFloat: Boolean, axes: Int) = axes > if (isFloat) 2 else 1
    }
}
