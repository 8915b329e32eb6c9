package io.actmobile.android

import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.Model
import com.google.ai.edge.litert.TensorBuffer
import com.google.ai.edge.litert.TensorType
import com.google.ai.edge.litert.TensorType.ElementType
import io.actmobile.kit.Flags
import io.actmobile.kit.Floats
import io.actmobile.kit.HostDriven
import io.actmobile.kit.Ints
import io.actmobile.kit.Manifest
import io.actmobile.kit.PartModel
import io.actmobile.kit.Refused
import io.actmobile.kit.Runtime
import io.actmobile.kit.StepModel
import io.actmobile.kit.Tensor
import io.actmobile.kit.Tensors
import io.actmobile.kit.orClose
import java.io.File

/**
 * LiteRT 2, on the CPU.
 *
 * Its Kotlin interface does not tell where a model ran. The CPU alone is asked for, and LiteRT has nothing
 * to fall back to from it: what it refuses it refuses when it is opened.
 */
class LiteRt : Runtime {
    override val name get() = "LiteRT"
    override val target get() = "tflite"

    override fun open(artefact: File, manifest: Manifest): StepModel {
        val free = manifest.inputs.any { null in it.shape }
        if (free) throw Refused("${manifest.artefact}: LiteRT's Kotlin interface has calls of one length only: export it with --sequence stream")
        try {
            return Held().orClose { held ->
                val model = held.keep(Model.load(artefact.path))
                val compiled = held.keep(CompiledModel.create(model, CompiledModel.Options(Accelerator.CPU)))
                if (manifest.parts.isEmpty()) {
                    Whole(held, Signature(held, model, compiled, null, manifest.inputs.map { it.name }, manifest.outputs.map { it.name }))
                } else {
                    val parts = manifest.parts.associate { it.name to Signature(held, model, compiled, it.name, it.inputs, it.outputs) }
                    HostDriven(manifest.parts, manifest.maxPonder, Parts(held, parts))
                }
            }
        } catch (error: LiteRtException) {
            throw Refused("${manifest.artefact}: LiteRT refuses it: ${error.message}")
        } catch (error: LinkageError) {
            throw Refused("${manifest.artefact}: LiteRT is not in this app for this processor (${error.message})")
        }
    }

    /** LiteRT's own objects, closed in the opposite order of that in which they were made. */
    private class Held : AutoCloseable {
        private val all = ArrayList<AutoCloseable>()

        fun <T : AutoCloseable> keep(made: T): T = made.also(all::add)

        override fun close() = all.asReversed().forEach(AutoCloseable::close)
    }

    private class Whole(private val held: Held, private val signature: Signature) : StepModel {
        override val backend get() = BACKEND

        override fun call(inputs: Tensors) = signature.run(inputs)

        override fun close() = held.close()
    }

    private class Parts(private val held: Held, private val signatures: Map<String, Signature>) : PartModel {
        override val backend get() = BACKEND

        override fun call(part: String, inputs: Tensors) = signatures.getValue(part).run(inputs)

        override fun close() = held.close()
    }

    /** One signature and its buffers, made once. */
    private class Signature(
        held: Held,
        model: Model,
        private val compiled: CompiledModel,
        private val name: String?,
        inputs: List<String>,
        outputs: List<String>,
    ) {
        private val given = inputs.associateWith { held.keep(compiled.createInputBuffer(it, name)) }
        private val returned = outputs.associateWith { held.keep(compiled.createOutputBuffer(it, name)) }
        private val types = outputs.associateWith { model.getOutputTensorType(it, name) }

        fun run(inputs: Tensors): Tensors = try {
            for ((input, buffer) in given) write(buffer, inputs[input] ?: throw Refused("LiteRT asks for '$input'"))
            compiled.run(given, returned, name)
            returned.mapValues { (output, buffer) -> read(output, buffer, types.getValue(output)) }
        } catch (error: LiteRtException) {
            throw Refused("LiteRT: ${error.message}")
        }

        private fun write(buffer: TensorBuffer, value: Tensor) = when (value) {
            is Floats -> buffer.writeFloat(value.values)
            is Ints -> buffer.writeInt(value.values)
            is Flags -> buffer.writeBoolean(value.values)
        }

        private fun read(name: String, buffer: TensorBuffer, type: TensorType): Tensor {
            val shape = type.layout?.dimensions?.toList() ?: throw Refused("LiteRT: '$name' has no shape")
            return when (type.elementType) {
                ElementType.FLOAT -> Floats(shape, buffer.readFloat())
                ElementType.INT -> Ints(shape, buffer.readInt())
                ElementType.BOOLEAN -> Flags(shape, buffer.readBoolean())
                else -> throw Refused("LiteRT: '$name' is of type ${type.elementType}")
            }
        }
    }

    private companion object {
        const val BACKEND = "LiteRT, CPU (as asked: LiteRT does not tell)"
    }
}
