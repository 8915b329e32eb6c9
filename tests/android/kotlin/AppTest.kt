package io.actmobile.tests

import android.content.Intent
import android.view.MotionEvent
import android.view.View
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.SeekBar
import android.widget.TextView
import fake.Phone
import io.actmobile.demo.R
import io.actmobile.demo.ui.PictureView
import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** The app's own code, from its activity to the runtimes, driven through its life. */
class AppTest {
    @Test
    fun aTextIsReadOnEveryRuntimeAndOutlivesRotationAndTheProcess() {
        val phone = Driven(listOf(TEXT, TFLITE, NATIVE))
        val read = HashMap<String, String>()
        for (model in listOf(TEXT, TFLITE, NATIVE)) {
            phone.open(model)
            assertEquals(listOf("Models", "Text", "Facts", "History", "Settings"), phone.tabs())
            phone.type("The cat")
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
        phone.type("Exeunt")
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
    fun eachModelsBudgetIsKept() {
        val phone = Driven(listOf(NATIVE, MAZE_NATIVE))
        phone.open(NATIVE)
        phone.view<SeekBar>(R.id.limit).slide(1)
        phone.view<SeekBar>(R.id.threshold).slide(70)
        val set = phone.budget()
        assertEquals("At most 2 of 5 ponder steps, Stop when 70 % sure", set)
        val returns = listOf({ phone.background { Phone.application.onTrimMemory(40) } }, phone::killAndRestore, { phone.open(MAZE_NATIVE) })
        for (again in returns) {
            again()
            phone.idle()
            if (phone.session.open?.entry?.name == MAZE_NATIVE) {
                assertNotEquals(set, phone.budget())
                phone.open(NATIVE)
            }
            assertEquals(set, phone.budget())
        }
    }

    @Test
    fun resultsAreKeptSharedReadAndDeleted() {
        val phone = Driven(listOf(TEXT))
        phone.open(TEXT)
        phone.type("Keep me")
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
            phone.type(text)
            phone.draw(R.id.coloured)
        }
        phone.type("")
        assertEquals("Nothing to read yet.", phone.text(R.id.summary))
        phone.type("a\n b".repeat(250_000))
        assertTrue(phone.text(R.id.summary), phone.text(R.id.summary).endsWith("Only the first 65536 bytes are read. The first 4000 characters are shown."))
        phone.draw(R.id.coloured)
        for (again in listOf(phone::rotate, phone::killAndRestore)) {
            again()
            phone.until("read again") { phone.activity.findViewById<View>(R.id.summary) != null && phone.text(R.id.summary).isNotEmpty() }
            assertEquals(1_000_000, phone.text(R.id.input).length)
        }
        phone.tab(R.string.settings)
        phone.click(R.id.clear_text)
        phone.killAndRestore()
        phone.open(NATIVE)
        assertEquals("To be, or not to be: that is the question.", phone.text(R.id.input))
    }

    @Test
    fun anyOtherModelAnswersItsKnownCalls() {
        val phone = Driven(listOf(PLAIN))
        Phone.isDebug = true
        phone.open(PLAIN)
        phone.until("answered") { phone.text(R.id.summary).contains(" calls, ") }
        phone.draw(R.id.chart)
        assertTrue(phone.text(R.id.counts), phone.text(R.id.counts).startsWith("N = "))
        assertEquals("Ponder steps. ${phone.text(R.id.counts)}", phone.view<View>(R.id.chart).contentDescription)
        phone.tab(R.string.facts)
        assertTrue(phone.text(R.id.facts).contains("CPUExecutionProvider"))
        phone.tab(R.string.settings)
        assertEquals(View.VISIBLE, phone.view<View>(R.id.debug_notice).visibility)
    }

    @Test
    fun theAppSpeaksGerman() {
        val phone = Driven(listOf(TEXT, MAZE))
        Phone.language = "de"
        phone.rotate()
        phone.open(TEXT)
        phone.type("Wort")
        phone.open(MAZE)
        phone.answered()
        assertTrue(phone.text(R.id.times), Regex("Eine Antwort dauert \\d+,\\d{3} ms .*").matches(phone.text(R.id.times)))
        assertEquals(listOf("Modelle", "Labyrinth", "Fakten", "Verlauf", "Einstellungen"), phone.tabs())
    }

    /** Whatever is done in whatever order: no exception, and what was typed and set is there, and the screen. */
    @Test
    fun randomEvents() {
        val phone = Driven(listOf(NATIVE, PLAIN, MAZE_NATIVE))
        val budgets = HashMap<String, String>()
        repeat(System.getProperty("sequences").toInt()) { seed ->
            val random = Random(seed)
            val typed = "text $seed"
            phone.open(NATIVE)
            budgets.getOrPut(NATIVE, phone::budget)
            phone.view<EditText>(R.id.input).setText(typed)
            var mayHaveEnded = false
            repeat(EVENTS) {
                val isOpening = phone.session.attempt != null
                val kills = event(phone, random, budgets)
                if (kills && isOpening) mayHaveEnded = true
                assertTrue("sequence $seed: ${phone.notice()}", mayHaveEnded || !phone.notice().startsWith("The app ended"))
            }
            phone.idle()
            val screen = phone.selected()
            for (again in listOf(phone::rotate, phone::killAndRestore)) {
                again()
                phone.idle()
                assertEquals("sequence $seed", screen to "", phone.selected() to phone.notice())
            }
            phone.open(NATIVE)
            assertEquals("sequence $seed", typed, phone.text(R.id.input))
            assertEquals("sequence $seed", budgets[NATIVE], phone.budget())
            phone.until("read") { phone.text(R.id.summary).startsWith("${typed.length} bytes") }
        }
    }

    /** Something that happens; true if the process was ended. */
    private fun event(phone: Driven, random: Random, budgets: MutableMap<String, String>): Boolean {
        val what = random.nextInt(10)
        when (what) {
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
            7 -> phone.activity.findViewById<SeekBar>(listOf(R.id.limit, R.id.threshold, R.id.size).random(random))?.let { slider ->
                slider.slide(random.nextInt(100))
                phone.session.open?.let { budgets[it.entry.name] = phone.budget() }
            }
            8 -> {
                val buttons = listOf(R.id.open, R.id.keep, R.id.share, R.id.play, R.id.back, R.id.forward, R.id.fresh, R.id.again, R.id.delete, R.id.more)
                phone.activity.findViewById<View>(buttons.random(random))?.takeIf { it.visibility == View.VISIBLE }?.performClick()
            }
            9 -> phone.activity.findViewById<PictureView>(R.id.board)?.let { board ->
                board.measure(480, 0)
                board.onTouchEvent(MotionEvent.obtain(0, 0, random.nextInt(4), random.nextInt(480).toFloat(), random.nextInt(480).toFloat(), 0))
            }
        }
        return what == 2
    }

    private companion object {
        const val EVENTS = 12
    }
}
