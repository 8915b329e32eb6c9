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
            val model = Model.load(artefact.path)
            val compiled = CompiledModel.create(model, CompiledModel.Options(Accelerator.CPU))
            if (manifest.parts.isEmpty()) {
                val call = Signature(model, compiled, null, manifest.inputs.map { it.name }, manifest.outputs.map { it.name })
                return Whole(model, compiled, call)
            }
            val parts = manifest.parts.associate { it.name to Signature(model, compiled, it.name, it.inputs, it.outputs) }
            return HostDriven(manifest.parts, Parts(model, compiled, parts))
        } catch (error: LiteRtException) {
            throw Refused("${manifest.artefact}: LiteRT refuses it: ${error.message}")
        } catch (error: LinkageError) {
            throw Refused("${manifest.artefact}: LiteRT is not in this app for this processor (${error.message})")
        }
    }

    private class Whole(private val model: Model, private val compiled: CompiledModel, private val signature: Signature) :
        StepModel {
        override val backend get() = BACKEND

        override fun call(inputs: Tensors) = signature.run(inputs)

        override fun close() {
            signature.close()
            compiled.close()
            model.close()
        }
    }

    private class Parts(
        private val model: Model,
        private val compiled: CompiledModel,
        private val signatures: Map<String, Signature>,
    ) : PartModel {
        override val backend get() = BACKEND

        override fun call(part: String, inputs: Tensors) = signatures.getValue(part).run(inputs)

        override fun close() {
            signatures.values.forEach(Signature::close)
            compiled.close()
            model.close()
        }
    }

    /** One signature and its buffers, made once. */
    private class Signature(
        model: Model,
        private val compiled: CompiledModel,
        private val name: String?,
        inputs: List<String>,
        outputs: List<String>,
    ) : AutoCloseable {
        private val given = inputs.associateWith { compiled.createInputBuffer(it, name) }
        private val returned = outputs.associateWith { compiled.createOutputBuffer(it, name) }
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

        override fun close() {
            given.values.forEach(TensorBuffer::close)
            returned.values.forEach(TensorBuffer::close)
        }
    }

    private companion object {
        const val BACKEND = "LiteRT, CPU"
    }
}
