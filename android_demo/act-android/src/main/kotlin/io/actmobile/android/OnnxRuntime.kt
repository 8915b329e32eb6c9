package io.actmobile.android

import ai.onnxruntime.NodeInfo
import ai.onnxruntime.OnnxJavaType
import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
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
import java.nio.ByteBuffer
import java.nio.FloatBuffer
import java.nio.IntBuffer

/**
 * ONNX Runtime.
 *
 * @param options further options of a session, such as an execution provider; by default its CPU, one thread.
 * @param scratch where a profile is written for a moment, from which [StepModel.backend] is read.
 */
class OnnxRuntime(
    private val scratch: File,
    private val options: (OrtSession.SessionOptions) -> Unit = {},
) : Runtime {
    override val name get() = "ONNX Runtime"
    override val target get() = "onnx"

    override fun open(artefact: File, manifest: Manifest): StepModel = try {
        if (manifest.parts.isEmpty()) {
            Graph(artefact)
        } else {
            HostDriven(manifest.parts, manifest.maxPonder, Graphs(artefact, manifest.parts.map { it.name }))
        }
    } catch (error: OrtException) {
        throw Refused("${manifest.artefact}: ONNX Runtime refuses it: ${error.message}")
    } catch (error: LinkageError) {
        throw Refused("${manifest.artefact}: ONNX Runtime is not in this app for this processor (${error.message})")
    }

    private fun sessionOptions() = OrtSession.SessionOptions().apply {
        setIntraOpNumThreads(1)
        options(this)
    }

    /** One graph. Outputs are copied out of ONNX Runtime's memory. */
    private inner class Graph(file: File) : StepModel {
        private val environment = OrtEnvironment.getEnvironment()
        override val backend = "ONNX Runtime ${environment.version}, ${providers(file)}"
        private val session = sessionOptions().use { environment.createSession(file.path, it) }

        override fun call(inputs: Tensors): Tensors {
            val given = HashMap<String, OnnxTensor>()
            try {
                for (name in session.inputNames) given[name] = tensor(name, inputs)
                session.run(given).use { answer -> return answer.associate { it.key to read(it.key, it.value) } }
            } catch (error: OrtException) {
                throw Refused("ONNX Runtime: ${error.message}")
            } finally {
                given.values.forEach(OnnxTensor::close)
            }
        }

        private fun tensor(name: String, inputs: Tensors): OnnxTensor {
            val value = inputs[name] ?: throw Refused("ONNX Runtime asks for '$name', which the manifest has not")
            val shape = LongArray(value.shape.size) { value.shape[it].toLong() }
            return when (value) {
                is Floats -> OnnxTensor.createTensor(environment, FloatBuffer.wrap(value.values), shape)
                is Ints -> OnnxTensor.createTensor(environment, IntBuffer.wrap(value.values), shape)
                is Flags -> OnnxTensor.createTensor(environment, bytes(value), shape, OnnxJavaType.BOOL)
            }
        }

        private fun bytes(value: Flags): ByteBuffer {
            val buffer = ByteBuffer.allocateDirect(value.size)
            for (each in value.values) buffer.put(if (each) 1 else 0)
            buffer.rewind()
            return buffer
        }

        private fun read(name: String, value: Any): Tensor {
            val tensor = value as? OnnxTensor ?: throw Refused("ONNX Runtime: '$name' is no tensor")
            val shape = tensor.info.shape.map(Long::toInt)
            return when (tensor.info.type) {
                OnnxJavaType.FLOAT -> Floats(shape, FloatArray(size(shape)).also { tensor.floatBuffer.get(it) })
                OnnxJavaType.INT32 -> Ints(shape, IntArray(size(shape)).also { tensor.intBuffer.get(it) })
                OnnxJavaType.BOOL -> tensor.byteBuffer.let { b -> Flags(shape, BooleanArray(size(shape)) { b.get() > 0 }) }
                else -> throw Refused("ONNX Runtime: '$name' is of type ${tensor.info.type}")
            }
        }

        private fun size(shape: List<Int>): Int = shape.fold(1, Int::times)

        /** Runs the graph once, on zeros, and looks in ONNX Runtime's profile where its nodes ran. */
        private fun providers(file: File): String {
            val folder = File.createTempFile("act", "", scratch).apply { delete() }
            if (!folder.mkdirs()) throw Refused("${folder.name}: cannot be made")
            try {
                val profile = sessionOptions().use { asked ->
                    asked.enableProfiling(File(folder, "profile").path)
                    environment.createSession(file.path, asked).use { probe ->
                        run(probe)
                        probe.endProfiling()
                    }
                }
                return PROVIDER.findAll(File(profile).readText()).map { it.groupValues[1] }.toSortedSet().joinToString(" and ")
            } finally {
                folder.deleteRecursively()
            }
        }

        private fun run(probe: OrtSession) {
            val zeros = HashMap<String, OnnxTensor>()
            try {
                for ((name, info) in probe.inputInfo) zeros[name] = zeros(name, info)
                probe.run(zeros).close()
            } finally {
                zeros.values.forEach(OnnxTensor::close)
            }
        }

        private fun zeros(name: String, info: NodeInfo): OnnxTensor {
            val tensor = info.info as? TensorInfo ?: throw Refused("ONNX Runtime asks for '$name', which is no tensor")
            if (tensor.type !in TYPES) throw Refused("ONNX Runtime asks for '$name' of type ${tensor.type}")
            val shape = LongArray(tensor.shape.size) { maxOf(tensor.shape[it], 1) }
            val size = shape.fold(1L) { product, axis -> if (axis > MOST / product) MOST else product * axis }
            if (size >= MOST) throw Refused("ONNX Runtime asks for '$name' of ${shape.asList()} numbers")
            val bytes = ByteBuffer.allocateDirect(tensor.type.size * size.toInt())
            return OnnxTensor.createTensor(environment, bytes, shape, tensor.type)
        }

        override fun close() = session.close()
    }

    /** The parts of the host form: a graph in a file each. */
    private inner class Graphs(folder: File, names: List<String>) : PartModel {
        private val graphs = LinkedHashMap<String, Graph>()

        init {
            orClose {
                for (name in names) graphs[name] = Graph(File(folder, "$name.onnx"))
            }
        }

        override val backend get() = graphs.values.first().backend

        override fun call(part: String, inputs: Tensors) = graphs.getValue(part).call(inputs)

        override fun close() = graphs.values.forEach(StepModel::close)
    }

    private companion object {
        val TYPES = setOf(OnnxJavaType.FLOAT, OnnxJavaType.INT32, OnnxJavaType.BOOL)

        /** Elements that no tensor of a phone has. */
        const val MOST = 1L shl 28
        val PROVIDER = Regex("\"provider\"\\s*:\\s*\"(\\w+)\"")
    }
}
