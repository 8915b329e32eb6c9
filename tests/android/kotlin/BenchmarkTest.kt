package io.actmobile.tests

import io.actmobile.kit.Json
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test

/** The benchmark entry: rows as act-runner writes them, or a reason and no crash. */
class BenchmarkTest {
    private val folder = File(System.getProperty("home"), "external/benchmark")
    private val good = mapOf<String, Any>("plan" to "plan.txt", "data" to "data.bin", "rows" to "rows.bin", "keep" to "all")

    @Before
    fun install() {
        InApp.install()
        folder.mkdirs()
    }

    /** A job's files where the app finds them, and what became of it. */
    private fun run(job: File, extras: Map<String, Any>, spoil: (File) -> Unit = {}): Pair<Int, String> {
        folder.deleteRecursively()
        job.copyRecursively(folder)
        spoil(folder)
        val shown = InApp.measure(extras)
        val lines = File(folder, "${extras["rows"]}.status").takeIf(File::isFile)?.readLines() ?: return -1 to shown
        assertEquals(listOf(shown), lines.drop(1))
        return lines[0].toInt() to shown
    }

    /** Rows go beside the job, where the test in Python compares them with the golden bundle. */
    @Test
    fun everyJobIsMeasured() {
        for (job in File(System.getProperty("jobs")).listFiles()!!.sorted()) {
            val (code, said) = run(job, good)
            assertEquals("${job.name}: $said", 0, code)
            val facts = Json.read(said, "facts") as Map<*, *>
            for (name in listOf("init_ns", "first_ns", "warmup_ns", "calls", "peak_kib")) assertTrue("$name in $said", facts[name] is Double)
            assertTrue(said, Regex("ONNX Runtime 1.*|LiteRT, CPU .*|native engine, .*").matches(facts["runtime"] as String))
            File(folder, "rows.bin").copyTo(File(job, "measured.bin"))
        }
    }

    @Test
    fun allThatIsAskedForIsRun() {
        val job = File(System.getProperty("jobs")).listFiles()!!.first { it.name.startsWith("charlm-native") }
        val (_, said) = run(job, good + mapOf("min_count" to 25, "warmup" to 3, "from" to 1, "min_seconds" to 0.01f))
        val facts = Json.read(said, "facts") as Map<*, *>
        assertTrue(said, facts["calls"] as Double >= 25 && facts["repeats"] as Double >= 2 && facts["warmup_ns"] as Double > 0)
    }

    @Test
    fun wrongExtrasAreRefused() {
        val job = File(System.getProperty("jobs")).listFiles()!!.min()
        val artefact = job.list()!!.single { it.startsWith("model.") }
        val wrong = listOf(
            good - "plan", good - "data", good + ("min_count" to 0), good + ("min_count" to "2"), good + ("plan" to 3), good + ("more" to "x"),
            good + ("warmup" to -1), good + ("from" to 1_000_000), good + ("min_seconds" to 1), good + ("min_seconds" to Float.NaN),
            good + ("keep" to "some"), good + ("plan" to "../plan.txt"), good + ("data" to "/sdcard/data.bin"), good + ("data" to "missing.bin"),
            good + ("rows" to "plan.txt"), good + ("rows" to artefact), good + ("rows" to "DATA.bin"),
            good + ("plan" to "data.bin"), good + ("data" to "plan.txt"), good + ("plan" to ""), good + ("plan" to ".hidden"),
        )
        for (extras in wrong) {
            val before = job.walk().filter(File::isFile).associate { it.name to it.readBytes().asList() }
            val (code, said) = run(job, extras)
            assertEquals("$extras: $said", 2, code)
            for ((name, bytes) in before) assertEquals("$extras: $name", bytes, File(folder, name).readBytes().asList())
            assertTrue(said, said.isNotEmpty() && '\n' !in said)
            assertFalse(File(folder, "rows.bin").exists())
        }
        // Nor does the file with what became of them take the place of one that is read.
        val plan = File(folder, "plan.status")
        File(job, "plan.txt").copyTo(plan, overwrite = true)
        assertEquals("extra 'rows' is plan: it would take the place of plan.status", InApp.measure(good + mapOf("plan" to "plan.status", "rows" to "plan")))
        assertEquals(File(job, "plan.txt").readText(), plan.readText())
        // Without a name for its rows there is none for what became of them: it is on the screen, and logged.
        for (rows in listOf("../rows.bin", "/sdcard/rows.bin", ".rows", "", "a/b")) assertEquals(-1, run(job, good + ("rows" to rows)).first)
        assertEquals(-1, run(job, good - "rows").first)
        assertFalse(File(folder.parentFile, "rows.bin").exists())
    }

    @Test
    fun spoiltJobsAreRefused() {
        val job = File(System.getProperty("jobs")).listFiles()!!.first { it.name.startsWith("charlm-native") }
        val plan = File(job, "plan.txt").readText()
        val spoilt = listOf(
            plan.replace("act-plan 1", "act-plan 2"), plan.replace("model.actn", "..%2Fmodel.actn"), plan.replace("model.actn", "%zz"),
            plan.replace("target native", "target coreml"), plan.replace("batch 1", "batch 0"), plan.replace("batch 1", "batch 2"),
            plan.replace("int32", "int64"), plan.replace("output y", "output z"), plan.replace(Regex("state .*"), "state a b 0"),
            plan.replace(Regex("input tokens.*"), "input tokens int32 1 99999 99999"), plan.take(plan.length / 2), "",
        )
        for (text in spoilt) assertEquals(text, 2, run(job, good) { File(it, "plan.txt").writeText(text) }.first)
        val data = File(job, "data.bin").readBytes()
        for (size in listOf(0, 7, 16, 20, data.size - 1)) assertEquals(2, run(job, good) { File(it, "data.bin").writeBytes(data.copyOf(size)) }.first)
        for (at in listOf(0, 8, 15, 23)) {
            val flipped = data.copyOf().also { it[at] = (it[at] + 127).toByte() }
            assertEquals("byte $at", 2, run(job, good) { File(it, "data.bin").writeBytes(flipped) }.first)
        }
        val (code, said) = run(job, good) { File(it, "model.actn").writeBytes(ByteArray(1000)) }
        assertEquals(said, 4, code)
        assertEquals(4, run(job, good) { File(it, "model.actn").delete() }.first)
    }
}
