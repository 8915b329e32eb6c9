package io.actmobile.tests

import android.content.Intent
import android.net.Uri
import fake.Phone
import io.actmobile.demo.R
import io.actmobile.demo.run.Kind
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** Models of one's own: whatever a stranger's files say, the app's own stay, and a reason is given. */
class OwnModelsTest {
    private val models = File(System.getProperty("models"))
    private val files = arrayOf("model.manifest.json", "model.golden.npz", "model.actn")

    @Test
    fun ownModelsAreCopiedWholeOrNotAtAll() {
        val phone = Driven(listOf(TEXT)).ready()
        val from = File(System.getProperty("models"), NATIVE)
        phone.tab(R.string.models)
        phone.click(R.id.own)
        assertEquals(Intent.ACTION_OPEN_DOCUMENT, Phone.started.single().action)
        phone.result(chosen(from, "model.manifest.json", "model.actn"))
        phone.until("refused") { phone.notice() == "model.golden.npz: missing: choose it with model.manifest.json" }
        phone.result(chosen(from, "model.actn"))
        phone.until("refused") { phone.notice().startsWith("choose one NAME.manifest.json") }
        assertEquals(listOf(TEXT), phone.session.models.entries().map { it.name })
        phone.result(chosen(from, "model.manifest.json", "model.golden.npz", "model.actn", "model.card.md"))
        phone.until("added") { phone.notice() == "Added: own-model-native" }
        phone.open("own-model-native")
        phone.tab(R.string.models)
        phone.click(R.id.delete)
        assertEquals(listOf(TEXT), phone.session.models.entries().map { it.name })
    }

    @Test
    fun theFolderOfAModelIsChosen() {
        val phone = Driven(listOf(TEXT)).ready()
        phone.click(R.id.own_folder)
        assertEquals(Intent.ACTION_OPEN_DOCUMENT_TREE, Phone.started.single().action)
        val tree = Intent().setData(Uri.parse("content://documents/tree/mine"))
        phone.result(tree, 2)
        phone.until("refused") { phone.notice().startsWith("choose one NAME.manifest.json") }
        for (file in File(System.getProperty("models"), MAZE_NATIVE).listFiles()!!) Phone.documents["content://documents/tree/mine/${file.name}"] = file.readBytes()
        for (refusal in listOf(SecurityException("not yours"), IllegalArgumentException("no tree"), UnsupportedOperationException("not here"))) {
            Phone.refusal = refusal
            phone.result(tree, 2)
            phone.until("refused") { phone.notice() == "the storage refuses: ${refusal.message}" }
        }
        Phone.refusal = null
        phone.result(tree, 2)
        phone.until("added") { phone.notice() == "Added: own-model-native" }
        phone.open("own-model-native")
        assertEquals(Kind.MAZE, phone.session.open?.kind)
    }

    @Test
    fun theTargetOfAManifestIsNoPath() {
        val phone = Driven(listOf(TEXT))
        phone.open(TEXT)
        phone.type("Keep me")
        phone.click(R.id.keep)
        phone.result(chosen(File(models, NATIVE), *files))
        phone.until("added") { phone.notice() == "Added: own-model-native" }
        phone.idle()
        val home = File(Phone.home, "files")
        val before = home.walk().filter(File::isFile).map { it.path to it.length() }.toSet()
        val reasons = mapOf(
            "native/../.." to "model.manifest.json: not a whole manifest (target): export the model again",
            "../../.." to "model.manifest.json: not a whole manifest (target): export the model again",
            "coreml" to "model.actn: no runtime here takes a model for coreml",
        )
        for ((target, reason) in reasons) {
            val spoilt = chosen(File(models, NATIVE), *files) { name, bytes ->
                if (name.endsWith(".json")) String(bytes).replace("\"target\": \"native\"", "\"target\": \"$target\"").toByteArray() else bytes
            }
            phone.result(spoilt)
            phone.until("refused") { phone.notice() == reason }
            assertEquals(before, home.walk().filter(File::isFile).map { it.path to it.length() }.toSet())
        }
    }

    @Test
    fun modelsOfOneNameAreBothKeptAndTheSameReplacesItself() {
        val phone = Driven(emptyList()).ready()
        for (model in listOf(NATIVE, MAZE_NATIVE, NATIVE)) {
            phone.result(chosen(File(models, model), *files))
            phone.until("added") { phone.notice().startsWith("Added: ") }
            phone.tab(R.string.models)
        }
        val home = File(Phone.home, "files/models")
        assertEquals(listOf("own-model-native", "own-model-native-2"), phone.session.models.entries().map { it.name })
        phone.open("own-model-native")
        assertEquals(Kind.TEXT, phone.session.open?.kind)
        // The app ended while it put a model in the place of another: after one rename, and after both.
        File(home, "own-model-native").renameTo(File(home, ".before-own-model-native"))
        File(home, "own-model-native-2").copyRecursively(File(home, ".before-own-model-native-2"))
        phone.killAndRestore()
        phone.idle()
        assertEquals(setOf("own-model-native", "own-model-native-2"), home.list()!!.filter { it != ".bundled" }.toSet())
        assertEquals(Kind.TEXT, phone.session.open?.kind)
    }

    /** Manifests that do not fit are refused where the model is chosen. */
    @Test
    fun manifestsThatDoNotFitAreRefused() {
        val phone = Driven(listOf(NATIVE, PLAIN)).ready()
        val manifest = File(Phone.home, "files/models/$NATIVE/model.manifest.json")
        val whole = manifest.readText()
        val spoilt = mapOf(
            "max_ponder" to whole.replace(Regex("\"max_ponder\": 5"), "\"max_ponder\": 2147483647"),
            "default" to whole.replace(Regex("(\"name\": \"max_ponder\"[^}]*\"default\": )5"), "$16"),
            "outputs" to whole.replace(Regex("(\"name\": \"ponder_steps\"[^}]*\"shape\": )\\[[^]]*]"), "$1[]"),
            "inputs" to whole.replace(Regex("(\"name\": \"tokens\"[^}]*\"shape\": )\\[[^]]*]"), "$1[]"),
        )
        for ((key, text) in spoilt) {
            assertTrue(key, text != whole)
            manifest.writeText(text)
            phone.tab(R.string.models)
            phone.choose(PLAIN)
            phone.choose(NATIVE)
            assertEquals("model.manifest.json: not a whole manifest ($key): export the model again", phone.notice())
        }
    }

    /** Models that no screen of their own can show, with bundles that they pass: their calls are shown, or a reason. */
    @Test
    fun modelsOfOtherShapesAreShownOrRefused() {
        val expected = mapOf(
            "spoilt-two-inputs" to "", "spoilt-small-maze" to "",
            "spoilt-sequence-input" to "ONNX Runtime asks for 's', which is no tensor",
            "spoilt-large-input" to "ONNX Runtime asks for 'x' of [2147483647, 2147483647] numbers",
            "spoilt-endless" to "part 'step' does not halt in 5 ponder steps",
        )
        for ((model, reason) in expected) {
            val phone = Driven(listOf(model)).ready()
            phone.choose(model)
            phone.click(R.id.open)
            phone.idle()
            assertTrue("$model: ${phone.notice()}", phone.notice().endsWith(reason))
            if (reason.isEmpty()) {
                assertEquals(model, Kind.PLAIN, phone.session.open?.kind)
                phone.until(model) { phone.text(R.id.summary).contains(" calls, ") }
            }
            assertEquals("$model left files", emptyList<String>(), File(Phone.home, "cache").list()!!.toList())
        }
    }
}
