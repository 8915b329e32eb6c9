package io.actmobile.tests

import android.content.ClipData
import android.content.Intent
import android.net.Uri
import android.view.MotionEvent
import android.view.View
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.SeekBar
import android.widget.TextView
import fake.Phone
import io.actmobile.demo.R
import io.actmobile.demo.run.Kind
import io.actmobile.demo.run.Maze
import io.actmobile.demo.ui.PictureView
import java.io.File
import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test

private const val TEXT = "charlm-onnx-loop-fp32-budget"
private const val TFLITE = "charlm-tflite-loop-fp32-budget"
private const val NATIVE = "charlm-native-loop-fp32-budget"
private const val PLAIN = "parity-onnx-loop-fp32"
private const val MAZE = "maze-onnx-loop-fp32-budget"
private const val MAZE_TFLITE = "maze-tflite-loop-fp32-budget"
private const val MAZE_NATIVE = "maze-native-loop-fp32-budget"

/** The app's own code, from its activity to the runtimes, driven through its life. */
class AppTest {
    @Test
    fun aTextIsReadOnEveryRuntimeAndOutlivesRotationAndTheProcess() {
        val phone = Driven(listOf(TEXT, TFLITE, NATIVE))
        val read = HashMap<String, String>()
        for (model in listOf(TEXT, TFLITE, NATIVE)) {
            phone.open(model)
            assertEquals(listOf("Models", "Text", "Facts", "History", "Settings"), phone.tabs())
            type(phone, "The cat")
            read[model] = phone.text(R.id.counts)
        }
        assertEquals("the same N on all: $read", 1, read.values.toSet().size)
        assertTrue(phone.text(R.id.times).contains("ponder steps on average"))
        phone.rotate()
        phone.until("read again") { phone.text(R.id.summary).startsWith("7 bytes") }
        assertEquals("The cat", phone.text(R.id.input))
        phone.killAndRestore()
        phone.until("opened again") { phone.session.open != null && phone.tabs().size == 5 && phone.activity.findViewById<View>(R.id.summary) != null }
        phone.until("read again") { phone.text(R.id.summary).startsWith("7 bytes") }
        assertEquals(read[NATIVE], phone.text(R.id.counts))
    }

    @Test
    fun theBatterySliderActsAtOnce() {
        val phone = Driven(listOf(TEXT))
        phone.open(TEXT)
        type(phone, "Exeunt")
        val before = phone.text(R.id.counts)
        phone.view<SeekBar>(R.id.limit).slide(0)
        phone.until("one step each") { phone.text(R.id.counts) == "N = 1: 6 times" }
        assertEquals("At most 1 of 5 ponder steps", phone.text(R.id.limit_label))
        phone.rotate()
        phone.until("the budget is kept") { phone.text(R.id.counts) == "N = 1: 6 times" }
        phone.view<SeekBar>(R.id.limit).slide(4)
        phone.until("as before") { phone.text(R.id.counts) == before }
        phone.view<SeekBar>(R.id.threshold).slide(0)
        phone.until("not sure at all") { phone.text(R.id.counts) == "N = 1: 6 times" }
    }

    @Test
    fun resultsAreKeptSharedReadAndDeleted() {
        val phone = Driven(listOf(TEXT))
        phone.open(TEXT)
        type(phone, "Keep me")
        phone.click(R.id.keep)
        phone.click(R.id.share)
        val shared = Phone.started.single().chosen()
        assertEquals(Intent.ACTION_SEND, shared.action)
        val text = shared.extras.get(Intent.EXTRA_TEXT) as String
        assertTrue(text, text.startsWith("Keep me\n7 bytes read") && text.endsWith("CPUExecutionProvider"))
        phone.tab(R.string.history)
        val rows = phone.view<LinearLayout>(R.id.entries)
        val row = rows.getChildAt(0)
        assertTrue(row.findViewById<TextView>(R.id.entry).text.contains(TEXT))
        row.findViewById<View>(R.id.more).performClick()
        assertEquals(View.VISIBLE, row.findViewById<View>(R.id.detail).visibility)
        phone.rotate()
        phone.view<LinearLayout>(R.id.entries).getChildAt(0).findViewById<View>(R.id.delete).performClick()
        assertEquals(0, phone.view<LinearLayout>(R.id.entries).childCount)
        assertEquals(View.VISIBLE, phone.view<View>(R.id.no_entries).visibility)
    }

    @Test
    fun textInAnyScriptAndOfAMegabyte() {
        val phone = Driven(listOf(NATIVE))
        phone.open(NATIVE)
        for (text in listOf("漢字かな", "السلام عليكم", "👩‍👩‍👧", "e\u0301\ud83d", "\u0000\n\t")) {
            type(phone, text)
            draw(phone, R.id.coloured)
        }
        type(phone, "")
        assertEquals("Nothing to read yet.", phone.text(R.id.summary))
        type(phone, "a\n b".repeat(250_000))
        assertTrue(phone.text(R.id.summary), phone.text(R.id.summary).endsWith("Only the first 65536 bytes are read. The first 4000 characters are shown."))
        draw(phone, R.id.coloured)
        phone.killAndRestore()
        phone.until("opened again") { phone.activity.findViewById<View>(R.id.summary) != null && phone.text(R.id.summary).isNotEmpty() }
    }

    @Test
    fun aModelThatCannotBeOpenedSaysWhyAndLocksNobodyOut() {
        val phone = Driven(listOf(TEXT, NATIVE)).ready()
        val damaged = File(Phone.home, "files/models/$NATIVE/model.actn")
        damaged.writeBytes(damaged.readBytes().also { it[it.size / 2] = (it[it.size / 2] + 1).toByte() })
        phone.choose(NATIVE)
        phone.click(R.id.open)
        phone.until("refused") { phone.notice().startsWith("model.actn: not the file that") }
        assertEquals(null, phone.session.open)
        phone.open(TEXT)
        // A model that ended the app is not opened by itself the next time, and is named.
        phone.session.settings["opening"] = TEXT
        phone.killAndRestore()
        phone.settle()
        phone.tab(R.string.models)
        phone.open(TEXT)
        File(Phone.home, "files/models/$TEXT/model.manifest.json").writeText("{}")
        phone.tab(R.string.models)
        phone.choose(TEXT)
        assertTrue(phone.notice().startsWith("model.manifest.json: not a manifest"))
        assertFalse(phone.view<View>(R.id.open).isEnabled)
    }

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
    fun modelsAreUnpackedOffTheUiThread() {
        val gate = java.util.concurrent.CountDownLatch(1)
        val threads = java.util.Collections.synchronizedSet(HashSet<String>())
        val phone = Driven(
            listOf(TEXT, NATIVE),
            whenAssetIsRead = {
                threads += Thread.currentThread().name
                gate.await()
            },
        )
        phone.settle()
        assertEquals("The models of the app are being unpacked.", phone.notice())
        assertEquals(0, phone.view<LinearLayout>(R.id.models).childCount)
        phone.rotate()
        phone.tab(R.string.settings)
        phone.tab(R.string.models)
        gate.countDown()
        phone.open(NATIVE)
        assertEquals(setOf("inference"), threads)
        type(phone, "Stay")

        // Another version of the app brings them anew: the screen that was there comes back, once its model has.
        val again = java.util.concurrent.CountDownLatch(1)
        Phone.whenAssetIsRead = Phone.AssetReading { again.await() }
        Phone.installed = 1
        phone.killAndRestore()
        phone.rotate()
        phone.background()
        phone.settle()
        assertTrue(phone.session.isBringing)
        again.countDown()
        phone.until("read again") { phone.activity.findViewById<View>(R.id.summary) != null && phone.text(R.id.summary).startsWith("4 bytes") }
        assertEquals("Stay", phone.text(R.id.input))
    }

    @Test
    fun aFullDiskLeavesNoHalfOfAModel() {
        val phone = Driven(listOf(TEXT), whenAssetIsRead = { throw java.io.IOException("no space left") }).ready()
        assertEquals("The models of the app could not be copied: no space left", phone.notice())
        assertEquals(emptyList<String>(), phone.session.models.entries().map { it.name })
        assertEquals(View.VISIBLE, phone.view<View>(R.id.no_models).visibility)
        Phone.whenAssetIsRead = Phone.AssetReading {}
        phone.killAndRestore()
        phone.open(TEXT)
    }

    @Test
    fun aMazeIsAnsweredAlikeOnEveryRuntime() {
        val models = listOf(MAZE, MAZE_TFLITE, MAZE_NATIVE)
        val phone = Driven(models)
        phone.session.settings["maze"] = Maze.random(11, Random(3)).toString()
        val verdicts = models.map { model ->
            phone.open(model)
            phone.until("answered") { phone.text(R.id.step).startsWith("Step ") }
            phone.text(R.id.verdict)
        }
        assertTrue(verdicts.toString(), verdicts[0].contains("121 of 121 cells are right"))
        assertEquals(1, verdicts.toSet().size)
    }

    @Test
    fun aMazeIsDrawnAskedAndPlayed() {
        val phone = Driven(listOf(MAZE))
        phone.open(MAZE)
        assertEquals(Kind.MAZE, phone.session.open?.kind)
        phone.until("answered") { phone.text(R.id.step).startsWith("Step ") }
        val frames = phone.text(R.id.step).substringAfter("of ").toInt()
        assertTrue("frames: $frames", frames > 1)
        phone.click(R.id.play)
        phone.until("played") { phone.text(R.id.step) == "Step $frames of $frames" && phone.text(R.id.play) == "Play the steps" }
        phone.click(R.id.back)
        assertEquals("Step ${frames - 1} of $frames", phone.text(R.id.step))
        val board = phone.view<PictureView>(R.id.board)
        board.measure(720, 0)
        val before = phone.session.settings["maze"]
        for (x in 5..715 step 10) {
            for (action in listOf(MotionEvent.ACTION_DOWN, MotionEvent.ACTION_MOVE, MotionEvent.ACTION_UP)) {
                board.onTouchEvent(MotionEvent.obtain(0, 0, action, x.toFloat(), 360f, 0))
            }
        }
        assertNotEquals(before, phone.session.settings["maze"])
        phone.until("answered again") { phone.text(R.id.step).startsWith("Step ") }
        draw(phone, R.id.board)
        val drawn = phone.session.settings["maze"]
        phone.rotate()
        phone.until("answered again") { phone.text(R.id.step).startsWith("Step ") }
        assertEquals(drawn, phone.session.settings["maze"])
    }

    @Test
    fun aMazeIsAGridForTalkBack() {
        val phone = Driven(listOf(MAZE))
        phone.open(MAZE)
        phone.until("answered") { phone.text(R.id.step).startsWith("Step ") }
        val board = phone.view<PictureView>(R.id.board)
        board.measure(720, 0)
        val provider = board.accessibilityDelegate.getAccessibilityNodeProvider(board)
        val grid = provider.createAccessibilityNodeInfo(View.NO_ID)
        val side = grid.collectionInfo.rowCount
        assertEquals(side * side, grid.childCount)
        val cell = provider.createAccessibilityNodeInfo(side + 1)
        assertEquals(1, cell.collectionItemInfo.rowIndex)
        assertTrue(cell.contentDescription.toString(), cell.contentDescription.startsWith("row 2, column 2"))
        val before = Maze.parse(phone.session.settings["maze"] ?: "")
        assertTrue(provider.performAction(side + 1, cell.actionList.first().id, null))
        assertNotEquals(before.toString(), phone.session.settings["maze"])
        assertFalse(provider.performAction(0, R.id.action_left, null))
    }

    @Test
    fun aMazeWithoutAWaySaysSo() {
        val phone = Driven(listOf(MAZE))
        phone.session.settings["maze"] = "3 0 8 000000000"
        phone.open(MAZE)
        phone.until("answered") { phone.text(R.id.verdict).startsWith("No way leads") }
    }

    @Test
    fun anyOtherModelAnswersItsKnownCalls() {
        val phone = Driven(listOf(PLAIN))
        Phone.isDebug = true
        phone.open(PLAIN)
        phone.until("answered") { phone.text(R.id.summary).contains(" calls, ") }
        draw(phone, R.id.chart)
        phone.tab(R.string.facts)
        assertTrue(phone.text(R.id.facts).contains("CPUExecutionProvider"))
        phone.tab(R.string.settings)
        assertEquals(View.VISIBLE, phone.view<View>(R.id.debug_notice).visibility)
    }

    @Test
    fun memoryPressureClosesTheModelAndItComesBack() {
        val phone = Driven(listOf(NATIVE))
        phone.open(NATIVE)
        type(phone, "abc")
        phone.background { Phone.application.onTrimMemory(40) }
        phone.until("opened again") { phone.session.open != null && phone.activity.findViewById<View>(R.id.summary) != null }
        phone.until("read again") { phone.text(R.id.summary).startsWith("3 bytes") }
    }

    @Test
    fun theAppSpeaksGerman() {
        val phone = Driven(listOf(TEXT, MAZE))
        Phone.language = "de"
        phone.rotate()
        phone.open(TEXT)
        type(phone, "Wort")
        phone.open(MAZE)
        phone.until("answered") { phone.text(R.id.step).startsWith("Schritt ") }
        assertEquals(listOf("Modelle", "Labyrinth", "Fakten", "Verlauf", "Einstellungen"), phone.tabs())
    }

    /** Whatever is done in whatever order: no exception, and what was typed is there. */
    @Test
    fun randomEvents() {
        val phone = Driven(listOf(NATIVE, PLAIN, MAZE_NATIVE))
        repeat(System.getProperty("sequences").toInt()) { seed ->
            val random = Random(seed)
            val typed = "text $seed"
            phone.open(NATIVE)
            phone.view<EditText>(R.id.input).setText(typed)
            repeat(EVENTS) { event(phone, random) }
            phone.settle()
            phone.open(NATIVE)
            assertEquals("sequence $seed", typed, phone.text(R.id.input))
            phone.until("read") { phone.text(R.id.summary).startsWith("${typed.length} bytes") }
        }
    }

    private fun event(phone: Driven, random: Random) {
        when (random.nextInt(10)) {
            0 -> phone.rotate()
            1 -> phone.background()
            2 -> phone.killAndRestore()
            3 -> phone.background { Phone.application.onTrimMemory(40) }
            4 -> phone.settle()
            5 -> Phone.runTask(1)
            6 -> {
                val tabs = phone.view<LinearLayout>(R.id.tabs)
                tabs.getChildAt(random.nextInt(tabs.childCount)).performClick()
            }
            7 -> phone.activity.findViewById<SeekBar>(listOf(R.id.limit, R.id.threshold, R.id.size).random(random))?.slide(random.nextInt(100))
            8 -> {
                val buttons = listOf(R.id.open, R.id.keep, R.id.share, R.id.play, R.id.back, R.id.forward, R.id.fresh, R.id.again, R.id.delete, R.id.more)
                phone.activity.findViewById<View>(buttons.random(random))?.takeIf { it.visibility == View.VISIBLE }?.performClick()
            }
            9 -> phone.activity.findViewById<PictureView>(R.id.board)?.let { board ->
                board.measure(480, 0)
                board.onTouchEvent(MotionEvent.obtain(0, 0, random.nextInt(4), random.nextInt(480).toFloat(), random.nextInt(480).toFloat(), 0))
            }
        }
    }

    private fun type(phone: Driven, text: String) {
        phone.view<TextView>(R.id.summary).text = ""
        phone.view<EditText>(R.id.input).setText(text)
        phone.until("read") { phone.text(R.id.summary).isNotEmpty() }
    }

    private fun draw(phone: Driven, id: Int) {
        val view = phone.view<PictureView>(id)
        view.measure(640, 0)
        assertTrue(view.contentDescription.isNotEmpty())
        view.draw(android.graphics.Canvas(java.awt.image.BufferedImage(maxOf(1, view.width), maxOf(1, view.height), 2)))
    }

    private fun chosen(folder: File, vararg names: String): Intent {
        val clip = ClipData()
        for (name in names) {
            val uri = Uri.parse("content://documents/$name")
            Phone.documents[uri.toString()] = File(folder, name).readBytes()
            clip.addItem(ClipData.Item(uri))
        }
        return Intent().apply { clipData = clip }
    }

    private companion object {
        const val EVENTS = 12
    }
}
