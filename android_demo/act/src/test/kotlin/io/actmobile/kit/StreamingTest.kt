package io.actmobile.kit

import kotlin.random.Random
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

/** A manifest of one layer: x of 2 features, h0 of 3, y of 1, with budget inputs. */
internal const val MANIFEST = """{"format": "act-mobile/manifest/1", "artefact": "m.onnx", "target": "onnx",
"ponder": "loop", "sequence": "stream", "precision": "fp32", "batch": 1, "inputs": [
{"name": "x", "dtype": "float32", "shape": [1, 2], "default": null},
{"name": "h0", "dtype": "float32", "shape": [1, 3], "default": null},
{"name": "halt_threshold", "dtype": "float32", "shape": [1], "default": 0.99},
{"name": "max_ponder", "dtype": "int32", "shape": [1], "default": 5}], "outputs": [
{"name": "y", "dtype": "float32", "shape": [1, 1], "default": null},
{"name": "ponder_steps", "dtype": "int32", "shape": [1, 1], "default": null},
{"name": "remainder", "dtype": "float32", "shape": [1, 1], "default": null},
{"name": "h0_out", "dtype": "float32", "shape": [1, 3], "default": null}],
"states": [{"input": "h0", "output": "h0_out", "initial": 0.5}], "axes": [], "model": {"model": "sequence"},
"task": {}, "epsilon": 0.01, "max_ponder": 5, "metric": null, "labels": null, "vocabulary": null,
"parts": [], "sha256": "0", "size": 1, "created": "now"}"""

class StreamingTest {
    private val manifest = Manifest.parse(MANIFEST, "m")

    /** Adds x's sum to each number of the state; N is the limit that it is given. */
    private object Summing : StepModel {
        override val backend = "test"

        override fun call(inputs: Tensors): Tensors {
            val x = (inputs.getValue("x") as Floats).values.sum()
            val h = (inputs.getValue("h0") as Floats).values.map { it + x }.toFloatArray()
            return mapOf(
                "y" to Floats(listOf(1, 1), floatArrayOf(h[0])),
                "ponder_steps" to Ints(listOf(1, 1), intArrayOf(inputs.getValue("max_ponder").scalar.toInt())),
                "remainder" to Floats(listOf(1, 1), floatArrayOf(1 - inputs.getValue("halt_threshold").scalar)),
                "h0_out" to Floats(listOf(1, 3), h),
            )
        }

        override fun close() = Unit
    }

    @Test
    fun theStateIsKeptAndResetAndRestored() {
        val streamer = ActStreamer(manifest, Summing)
        assertEquals(1.5f, streamer.step(floatArrayOf(0f, 1f)).y[0], 0f)
        val saved = streamer.save()
        assertEquals(3.5f, streamer.step(floatArrayOf(1f, 1f)).y[0], 0f)
        streamer.restore(saved)
        assertEquals(2.5f, streamer.step(floatArrayOf(1f, 0f)).y[0], 0f)
        streamer.reset()
        assertEquals(0.5f, streamer.step(floatArrayOf(0f, 0f)).y[0], 0f)
    }

    @Test
    fun theBudgetHoldsFromTheNextStepOn() {
        val streamer = ActStreamer(manifest, Summing)
        assertEquals(Budget(0.99f, 5), streamer.budget)
        streamer.budget = Budget(0.75f, 2)
        val step = streamer.step(floatArrayOf(0f, 0f))
        assertArrayEquals(intArrayOf(2), step.ponderSteps)
        assertEquals(0.25f, step.remainder[0], 0f)
    }

    @Test
    fun inputsOfAnotherKindAreRefused() {
        val streamer = ActStreamer(manifest, Summing)
        assertThrows(IllegalArgumentException::class.java) { streamer.step(floatArrayOf(1f)) }
        val floats = assertThrows(IllegalArgumentException::class.java) { streamer.step(3) }
        assertEquals("the model takes [1, 2] floats, not a token", floats.message)
        val pair = MANIFEST.replace("float32\", \"shape\": [1, 2]", "int32\", \"shape\": [1, 2]")
        val two = assertThrows(IllegalArgumentException::class.java) {
            ActStreamer(Manifest.parse(pair, "m"), Summing).step(3)
        }
        assertEquals("the model takes [1, 2] tokens, not a token", two.message)
        val more = MANIFEST.replace("{\"name\": \"h0\",", "{\"name\": \"x2\", \"dtype\": \"float32\", \"shape\": [1], \"default\": null}, {\"name\": \"h0\",")
        val inputs = assertThrows(Refused::class.java) { ActStreamer(Manifest.parse(more, "m"), Summing) }
        assertEquals("m.onnx: takes 2 inputs: call the model itself", inputs.message)
        val long = Manifest.parse(MANIFEST.replace("\"stream\"", "32"), "m")
        val refused = assertThrows(Refused::class.java) { ActStreamer(long, Summing) }
        assertTrue(refused.message.contains("32 time steps"))
    }

    @Test
    fun theHostFormRepeatsItsStepBelowTheThreshold() {
        val parts = listOf(
            Part("begin", listOf("x"), listOf("sum_out", "progress_out"), null, null),
            Part("step", listOf("sum"), listOf("sum_out", "progress_out"), "progress", "limit"),
            Part("finish", listOf("sum"), listOf("y"), null, null),
        )
        val called = ArrayList<String>()
        val model = object : PartModel {
            override val backend = "test"

            override fun call(part: String, inputs: Tensors): Tensors {
                called += part
                val sum = (inputs["sum"]?.scalar ?: 0f) + if (part == "step") 0.4f else 0f
                return if (part == "finish") mapOf("y" to Floats(sum)) else mapOf("sum_out" to Floats(sum), "progress_out" to Floats(sum))
            }

            override fun close() = Unit
        }
        var steps = 0
        val driven = HostDriven(parts, 3, model) { steps++ }
        val y = driven.call(mapOf("x" to Floats(0f), "limit" to Floats(0.9f))).getValue("y").scalar
        assertEquals(1.2f, y, 1e-6f)
        assertEquals(listOf("begin", "step", "step", "step", "finish"), called)
        assertEquals(3, steps)
        called.clear()
        driven.call(mapOf("x" to Floats(0f), "limit" to Floats(0f)))
        assertEquals(listOf("begin", "finish"), called)
    }

    /** Never halts: its one part reports no progress, and interrupts the thread that calls it when asked to. */
    private class Stuck(private val interrupts: Boolean) : PartModel {
        override val backend = "test"

        override fun call(part: String, inputs: Tensors): Tensors {
            if (interrupts) Thread.currentThread().interrupt()
            return mapOf("progress_out" to Floats(0f))
        }

        override fun close() = Unit
    }

    private val endless = Part("step", emptyList(), listOf("progress_out"), "progress", 1f)

    @Test
    fun aPartThatDoesNotHaltIsRefused() {
        val driven = HostDriven(listOf(endless), 5, Stuck(interrupts = false))
        val refused = assertThrows(Refused::class.java) { driven.call(mapOf("progress" to Floats(0f))) }
        assertEquals("part 'step' does not halt in 5 ponder steps", refused.message)
    }

    @Test
    fun thePonderLoopIsInterrupted() {
        val driven = HostDriven(listOf(endless), 1000, Stuck(interrupts = true))
        assertThrows(InterruptedException::class.java) { driven.call(mapOf("progress" to Floats(0f))) }
    }

    @Test
    fun statisticsAreThoseOfTheSteps() {
        val statistics = PonderStatistics(4)
        assertTrue(statistics.milliseconds(0.5).isNaN() && statistics.meanPonderSteps.isNaN())
        for (i in 1..100) statistics.add(Step(floatArrayOf(), intArrayOf(if (i % 2 == 0) 2 else 4), floatArrayOf(0.25f), i * 1_000_000L))
        assertEquals(listOf(0, 0, 50, 0, 50), statistics.histogram)
        assertEquals(3.0, statistics.meanPonderSteps, 0.0)
        assertEquals(0.25, statistics.meanRemainder, 0.0)
        assertEquals(50.0, statistics.milliseconds(0.5), 0.0)
        assertEquals(95.0, statistics.milliseconds(0.95), 0.0)
    }

    @Test
    fun textInAnyScriptIsBytesAndComesBack() {
        for (text in listOf("", "abc", "Grüße", "漢字かな", "السلام", "👩‍👩‍👧 e\u0301", "a\u0000b")) {
            assertEquals(text, ByteText.text(ByteText.tokens(text)))
        }
        assertEquals("a\ufffdb", ByteText.text(ByteText.tokens("a\ud83db")))
        assertEquals("\ufffd", ByteText.text(intArrayOf(0xc3)))
    }

    @Test
    fun charactersCoverTheTextAndItsTokens() {
        val random = Random(3)
        repeat(300) {
            val text = buildString { repeat(random.nextInt(40)) { append(random.nextInt(0x10000).toChar()) } }
            val characters = ByteText.characters(text)
            assertEquals(ByteText.tokens(text).size, characters.sumOf { it.bytes })
            assertEquals(text.length, characters.lastOrNull()?.end ?: 0)
            assertTrue(characters.zipWithNext().all { (a, b) -> a.end == b.start })
        }
    }
}
