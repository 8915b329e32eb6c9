package io.actmobile.tests

import com.google.ai.edge.litert.JniHandle
import io.actmobile.android.LiteRt
import io.actmobile.android.NativeEngine
import io.actmobile.android.OnnxRuntime
import io.actmobile.kit.ActStreamer
import io.actmobile.kit.Floats
import io.actmobile.kit.Ints
import io.actmobile.kit.Json
import io.actmobile.kit.Manifest
import io.actmobile.kit.Opening
import io.actmobile.kit.PonderStatistics
import io.actmobile.kit.Refused
import io.actmobile.kit.Rows
import java.io.File
import kotlin.math.abs
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

private val MODELS = File(System.getProperty("models"))
private val SCRATCH = File(System.getProperty("java.io.tmpdir"))
private val RUNTIMES = listOf(OnnxRuntime(SCRATCH), LiteRt(), NativeEngine())

/** Exports of the shipped models through the real runtimes: as cases.json says. */
class ModelsTest {
    private val cases = (Json.read(File(System.getProperty("cases")).readText(), "cases.json") as Map<*, *>)["cases"] as List<*>

    @Test
    fun everyExportAnswersAsItsModel() {
        val backends = sortedSetOf<String>()
        for (case in cases.map { it as Map<*, *> }) {
            val name = case["name"] as String
            try {
                Opening.open(File(MODELS, case["manifest"] as String), RUNTIMES).use { opened ->
                    backends += opened.model.backend
                    (case["streamed"] as Map<*, *>?)?.let { streamed(name, it, ActStreamer(opened.manifest, opened.model), opened.manifest) }
                }
            } catch (refused: Refused) {
                throw AssertionError("$name: ${refused.message}")
            }
        }
        println("backends: $backends")
        assertTrue(backends.any { it.startsWith("ONNX Runtime 1.") && it.endsWith("CPUExecutionProvider") })
        assertTrue(backends.any { it.startsWith("native engine, ") })
        assertEquals(3, backends.size)
    }

    private fun streamed(name: String, case: Map<*, *>, streamer: ActStreamer, manifest: Manifest) {
        val statistics = PonderStatistics(manifest.maxPonder)
        val tolerance = case["tolerance"] as Double
        for (sequence in (case["sequences"] as List<*>).map { it as Map<*, *> }) {
            streamer.reset()
            (sequence["inputs"] as List<*>).forEachIndexed { t, input ->
                val step = if (input is Double) streamer.step(input.toInt()) else streamer.step(floats(input))
                statistics.add(step)
                assertEquals("$name: N at $t", numbers(row(sequence, "ponder_steps", t)), step.ponderSteps.asList())
                close("$name: y at $t", floats(row(sequence, "y", t)), step.y, tolerance)
                close("$name: R at $t", floats(row(sequence, "remainder", t)), step.remainder, tolerance)
            }
        }
        val expected = case["statistics"] as Map<*, *>
        assertEquals(name, numbers(expected["histogram"]), statistics.histogram)
        assertEquals(name, expected["mean_ponder_steps"] as Double, statistics.meanPonderSteps, 1e-12)
        assertEquals(name, expected["mean_remainder"] as Double, statistics.meanRemainder, tolerance)
        assertTrue(statistics.milliseconds(0.5) > 0)
    }

    private fun row(case: Map<*, *>, key: String, t: Int): Any? = (case[key] as List<*>)[t]

    private fun floats(value: Any?): FloatArray = (value as List<*>).map { (it as Double).toFloat() }.toFloatArray()

    private fun numbers(value: Any?): List<Int> = floats(value).map(Float::toInt)

    private fun close(what: String, expected: FloatArray, found: FloatArray, tolerance: Double) {
        assertEquals(what, expected.size, found.size)
        for (i in expected.indices) {
            val error = abs(expected[i] - found[i])
            assertTrue("$what: off by $error", error <= tolerance * (1 + abs(expected[i])))
        }
    }

    @Test
    fun aBudgetActsAtOnce() {
        for (target in listOf("onnx", "tflite", "native")) {
            Opening.open(File(MODELS, "charlm-$target-loop-fp32-budget/model.manifest.json"), RUNTIMES).use { opened ->
                val streamer = ActStreamer(opened.manifest, opened.model)
                assertTrue(target, (1..8).maxOf { streamer.step('e'.code).ponderSteps[0] } > 1)
                streamer.budget = streamer.budget.copy(maxPonder = 1)
                assertTrue(target, (1..8).all { streamer.step('e'.code).ponderSteps[0] == 1 })
            }
        }
    }

    @Test
    fun wrongFilesAreRefusedWithTheirNames() {
        for (target in listOf("onnx", "tflite", "native")) {
            val from = File(MODELS, "charlm-$target-loop-fp32-budget")
            val suffix = File(from, "model.manifest.json").readText().substringAfter("\"artefact\": \"").substringBefore('"')
            refused(from, "model.golden.npz: ") { File(it, "model.golden.npz").delete() }
            refused(from, "$suffix: missing") { File(it, suffix).delete() }
            refused(from, "$suffix: not the file") { folder -> File(folder, suffix).let { it.writeBytes(it.readBytes() + 0) } }
            refused(from, "model.golden.npz: not the golden bundle") { folder ->
                File(MODELS, "parity-$target-loop-fp32/model.golden.npz").copyTo(File(folder, "model.golden.npz"), true)
            }
        }
    }

    /** Each runtime refuses what is none of its artefacts, though its hash be right. */
    @Test
    fun artefactsOfNoRuntimeAreRefused() {
        for (target in listOf("onnx", "tflite", "native")) {
            refused(File(MODELS, "charlm-$target-loop-fp32-budget"), "refuses it") { folder ->
                val artefact = folder.listFiles()!!.first { it.extension in listOf("onnx", "tflite", "actn") }
                val before = Opening.digest(artefact)
                artefact.writeBytes(ByteArray(1000) { it.toByte() })
                val manifest = File(folder, "model.manifest.json")
                manifest.writeText(manifest.readText().replace(before, Opening.digest(artefact)))
            }
        }
    }

    /** LiteRT's objects lie in memory that is not the virtual machine's. */
    @Test
    fun whatIsRefusedIsClosed() {
        val before = JniHandle.open
        val from = File(MODELS, "charlm-tflite-loop-fp32-budget")
        Opening.open(File(from, "model.manifest.json"), RUNTIMES).close()
        assertEquals(before, JniHandle.open)
        val manifest = Manifest.read(File(from, "model.manifest.json"))
        val other = Manifest.read(File(MODELS, "parity-tflite-loop-fp32/model.manifest.json"))
        assertThrows(Refused::class.java) { LiteRt().open(File(from, manifest.artefact), other) }
        assertEquals(before, JniHandle.open)
    }

    /** The other has the same inputs and outputs, and other weights. */
    @Test
    fun answersOfAnotherModelAreRefused() {
        val other = File(MODELS, "charlm-native-loop-int8")
        refused(File(MODELS, "charlm-native-loop-fp32-budget"), "wrong on this device with native engine") { folder ->
            File(other, "model.actn").copyTo(File(folder, "model.actn"), true)
            val manifest = File(folder, "model.manifest.json")
            val artefact = File(folder, "model.actn")
            manifest.writeText(manifest.readText().replace(Regex("\"sha256\": \"\\w+\""), "\"sha256\": \"${Opening.digest(artefact)}\""))
        }
    }

    @Test
    fun rowsAreWrittenAsTheRunnerDoes() {
        Rows(File(SCRATCH, "rows.bin").outputStream()).use { rows ->
            val n = Ints(listOf(1, 1), intArrayOf(3))
            rows.add(2, 1, 1_500_000_000_000, 1, Floats(0.5f, -1f), listOf(n, Floats(listOf(1, 1), floatArrayOf(0.25f))))
        }
    }

    private fun refused(from: File, reason: String, spoil: (File) -> Unit) {
        val folder = File.createTempFile("spoilt", "", SCRATCH).apply { delete() }
        from.copyRecursively(folder)
        spoil(folder)
        val error = assertThrows(Refused::class.java) { Opening.open(File(folder, "model.manifest.json"), RUNTIMES) }
        assertTrue(error.message, reason in error.message && '\n' !in error.message.trim())
        folder.deleteRecursively()
    }
}
