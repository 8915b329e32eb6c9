package io.actmobile.tests

import io.actmobile.android.NativeEngine
import io.actmobile.demo.run.Benchmark
import io.actmobile.kit.Refused
import java.io.File
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

/** The benchmark entry: rows as act-runner writes them, or a reason. */
class BenchmarkTest {
    private val folder = File(System.getProperty("benchmark"))
    private val good = mapOf<String, Any?>("model" to "model", "data" to "data.npz", "rows" to "rows.bin", "runs" to 2)

    @Test
    fun rowsAreMeasured() {
        val backend = Benchmark.of(good, folder).run(listOf(NativeEngine()))
        assertTrue(backend.startsWith("native engine"))
        Benchmark.of(good + mapOf("rows" to "brief.bin", "max_ponder" to 1, "halt_threshold" to 0.9f), folder).run(listOf(NativeEngine()))
    }

    @Test
    fun wrongExtrasWriteNothing() {
        val wrong = listOf(
            good - "model", good - "rows", good + ("runs" to 0), good + ("runs" to "2"), good + ("model" to 3),
            good + ("more" to "x"), good + ("max_ponder" to 0), good + ("halt_threshold" to 1), good + ("rows" to "../rows.bin"),
            good + ("data" to "/sdcard/data.npz"), good + ("data" to "missing.npz"), good + ("data" to "model.golden.npz"),
            good + ("model" to "../model"), good + ("rows" to ".hidden"), good + ("model" to ""),
        ).map { if ("rows" in it && it["rows"] == "rows.bin") it + ("rows" to "wrong.bin") else it }
        for (extras in wrong) {
            val error = assertThrows(extras.toString(), Refused::class.java) { Benchmark.of(extras, folder).run(listOf(NativeEngine())) }
            assertTrue(error.message, '\n' !in error.message)
        }
        assertFalse(File(folder, "wrong.bin").exists() || File(folder.parentFile, "rows.bin").exists())
    }
}
