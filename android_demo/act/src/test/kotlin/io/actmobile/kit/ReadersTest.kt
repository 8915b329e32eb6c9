package io.actmobile.kit

import java.io.ByteArrayOutputStream
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import kotlin.random.Random
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

/** Files from outside: read as they are, or refused in one line, whatever is in them. */
class ReadersTest {
    @Test
    fun jsonIsRead() {
        val text = """ {"a": [1, -2.5e1, true, null, "x\nA\u00e9"], "b": {}} """
        val read = Json.read(text, "f") as Map<*, *>
        assertEquals(listOf(1.0, -25.0, true, null, "x\nAé"), read["a"])
        assertEquals(emptyMap<String, Any>(), read["b"])
    }

    @Test
    fun whatIsNoJsonIsRefused() {
        val wrong = listOf(
            "", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "1 2", "\"\u0001\"", "\"\\u12\"", "\"\\u+123\"", "tru", "1e999",
            "[".repeat(100), "{\"a\"}", "nan",
        )
        for (text in wrong) {
            val refused = assertThrows(text, Refused::class.java) { Json.read(text, "file.json") }
            assertTrue(refused.message.startsWith("file.json: not JSON ("))
        }
    }

    @Test
    fun quotedTextIsReadBack() {
        for (text in listOf("", "a\"b\\c", "tab\tnul\u0000", "é漢😀", "half \ud83d")) {
            assertEquals(text, Json.read(Json.quoted(text), "f"))
        }
    }

    @Test
    fun arraysAreRead() {
        val file = npz("a.npy" to npy("<f4", "(2, 2)", floats(1f, 2f, 3f, 4f)), "b.npy" to npy("|b1", "(2,)", byteArrayOf(0, 1)))
        val read = Npz.read(file)
        assertArrayEquals(floatArrayOf(3f, 4f), (read.getValue("a").part(1) as Floats).values, 0f)
        assertEquals(listOf(false, true), (read.getValue("b") as Flags).values.asList())
    }

    @Test
    fun whatIsNoArrayIsRefused() {
        val wrong = listOf(
            npz("a.txt" to ByteArray(3)),
            npz("a.npy" to ByteArray(3)),
            npz("a.npy" to npy("<f8", "(1,)", ByteArray(8))),
            npz("a.npy" to npy("|O", "(1,)", ByteArray(8))),
            npz("a.npy" to npy("<f4", "(2,)", ByteArray(4))),
            npz("a.npy" to npy("<f4", "(65536, 65536, 65536, 65536)", ByteArray(4))),
            npz("a.npy" to npy("|b1", "(1,)", byteArrayOf(2))),
            File.createTempFile("none", ".npz"),
            File("missing.npz"),
        )
        for (file in wrong) assertThrows(file.path, Refused::class.java) { Npz.read(file) }
    }

    @Test
    fun damagedFilesAreReadOrRefused() {
        val whole = npz("a.npy" to npy("<f4", "(2, 2)", floats(1f, 2f, 3f, 4f))).readBytes()
        val random = Random(1)
        val file = File.createTempFile("damaged", ".npz")
        repeat(500) {
            val damaged = whole.copyOf(random.nextInt(1, whole.size + 1))
            repeat(3) { damaged[random.nextInt(damaged.size)] = random.nextInt().toByte() }
            file.writeBytes(damaged)
            try {
                Npz.read(file)
            } catch (expected: Refused) {
                assertTrue(expected.message.contains("not a readable .npz"))
            }
        }
    }

    @Test
    fun manifestsThatDoNotFitAreRefused() {
        val good = MANIFEST
        assertEquals("m", Manifest.parse(good, "m").name)
        val wrong = mapOf(
            "\"m.onnx\"" to "\"../m.onnx\"",
            "manifest/1" to "manifest/2",
            "\"shape\": [1, 2]" to "\"shape\": [1, 0]",
            "\"shape\": [1, 2]," to "\"shape\": [268435457, 2],",
            "\"shape\": [1, 3]" to "\"shape\": [1, \"width\"]",
            "\"input\": \"h0\"" to "\"input\": \"h9\"",
            "\"name\": \"remainder\"" to "\"name\": \"rest\"",
            "\"batch\": 1" to "\"batch\": 1.5",
            "\"dtype\": \"int32\"" to "\"dtype\": \"float64\"",
            "\"target\": \"onnx\"" to "\"target\": \"onnx/../..\"",
            "\"target\": \"onnx\"," to "\"target\": \"\",",
            "\"max_ponder\": 5" to "\"max_ponder\": 10001",
            "\"default\": 5" to "\"default\": 6",
            "\"shape\": [1, 2]" to "\"shape\": []",
            "\"shape\": [1, 1], \"default\": null},\n{\"name\": \"remainder\"" to "\"shape\": [], \"default\": null},\n{\"name\": \"remainder\"",
            "\"name\": \"y\", \"dtype\": \"float32\"" to "\"name\": \"y\", \"dtype\": \"int32\"",
            "\"name\": \"y\", \"dtype\": \"float32\", \"shape\": [1" to "\"name\": \"y\", \"dtype\": \"float32\", \"shape\": [2",
            "\"batch\": 1" to "\"batch\": 2",
            "\"name\": \"h0\", \"dtype\": \"float32\"" to "\"name\": \"h0\", \"dtype\": \"int32\"",
        )
        for ((from, to) in wrong) {
            assertTrue(from, from in good)
            val refused = assertThrows(from, Refused::class.java) { Manifest.parse(good.replace(from, to), "m.manifest.json") }
            assertTrue(refused.message, refused.message.startsWith("m.manifest.json: ") && '\n' !in refused.message)
        }
    }

    @Test
    fun damagedManifestsAreReadOrRefused() {
        val random = Random(2)
        repeat(500) {
            val text = StringBuilder(MANIFEST)
            repeat(2) { text.setCharAt(random.nextInt(text.length), "{}[]\",:0a-".random(random)) }
            try {
                Manifest.parse(text.toString(), "m")
            } catch (expected: Refused) {
                assertTrue(expected.message.startsWith("m: "))
            }
        }
    }

    private fun npz(vararg entries: Pair<String, ByteArray>): File {
        val file = File.createTempFile("test", ".npz").apply { deleteOnExit() }
        ZipOutputStream(file.outputStream()).use { zip ->
            for ((name, bytes) in entries) {
                zip.putNextEntry(ZipEntry(name))
                zip.write(bytes)
            }
        }
        return file
    }

    private fun npy(dtype: String, shape: String, numbers: ByteArray): ByteArray {
        val header = "{'descr': '$dtype', 'fortran_order': False, 'shape': $shape, }\n".toByteArray()
        val made = ByteArrayOutputStream()
        made.write(byteArrayOf(0x93.toByte()) + "NUMPY".toByteArray() + byteArrayOf(1, 0, header.size.toByte(), 0))
        made.write(header)
        made.write(numbers)
        return made.toByteArray()
    }

    private fun floats(vararg values: Float): ByteArray {
        val buffer = ByteBuffer.allocate(4 * values.size).order(ByteOrder.LITTLE_ENDIAN)
        values.forEach { buffer.putFloat(it) }
        return buffer.array()
    }
}
