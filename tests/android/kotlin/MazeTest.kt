package io.actmobile.tests

import android.graphics.Rect
import android.view.MotionEvent
import io.actmobile.demo.R
import io.actmobile.demo.run.Kind
import io.actmobile.demo.run.Maze
import io.actmobile.demo.ui.PictureView
import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** The maze: asked, drawn, played, and used by one who does not see it. */
class MazeTest {
    @Test
    fun aMazeIsAnsweredAlikeOnEveryRuntime() {
        val models = listOf(MAZE, MAZE_TFLITE, MAZE_NATIVE)
        val phone = Driven(models)
        phone.session.settings["maze"] = Maze.random(11, Random(3)).toString()
        val verdicts = models.map { model ->
            phone.open(model)
            phone.answered()
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
        phone.answered()
        val frames = phone.text(R.id.step).substringAfter("of ").toInt()
        assertEquals("Answer after ponder step $frames of $frames", phone.text(R.id.step))
        assertTrue(phone.text(R.id.verdict), phone.text(R.id.verdict).startsWith("It stopped after $frames ponder steps"))
        val times = Regex("An answer takes \\d+\\.\\d{3} ms \\(median of (\\d+) calls\\), $frames ponder steps").matchEntire(phone.text(R.id.times))
        assertTrue(phone.text(R.id.times), times != null && times.groupValues[1].toInt() > 1)
        assertTrue("frames: $frames", frames > 1)
        phone.click(R.id.play)
        phone.until("played") { phone.text(R.id.step) == "Answer after ponder step $frames of $frames" && phone.text(R.id.play) == "Play the answers" }
        phone.click(R.id.back)
        assertEquals("Answer after ponder step ${frames - 1} of $frames", phone.text(R.id.step))
        val board = phone.view<PictureView>(R.id.board)
        board.measure(720, 0)
        val before = phone.session.settings["maze"]
        for (x in 5..715 step 10) {
            for (action in listOf(MotionEvent.ACTION_DOWN, MotionEvent.ACTION_MOVE, MotionEvent.ACTION_UP)) {
                board.onTouchEvent(MotionEvent.obtain(0, 0, action, x.toFloat(), 360f, 0))
            }
        }
        assertNotEquals(before, phone.session.settings["maze"])
        phone.answered()
        phone.draw(R.id.board)
        val drawn = phone.session.settings["maze"]
        phone.rotate()
        phone.answered()
        assertEquals(drawn, phone.session.settings["maze"])
    }

    @Test
    fun aMazeWithoutAWaySaysSo() {
        val phone = Driven(listOf(MAZE))
        phone.session.settings["maze"] = "3 0 8 000000000"
        phone.open(MAZE)
        phone.until("answered") { phone.text(R.id.verdict).startsWith("No way leads") }
    }

    /** Explored by touch, read out, and changed, as TalkBack does it. */
    @Test
    fun aMazeIsUsedWithTalkBack() {
        val phone = Driven(listOf(MAZE_NATIVE))
        phone.session.settings["maze"] = Maze.random(5, Random(3)).toString()
        phone.open(MAZE_NATIVE)
        phone.answered()
        fun maze() = checkNotNull(Maze.parse(checkNotNull(phone.session.settings["maze"])))
        val board = phone.view<PictureView>(R.id.board)
        board.measure(520, 0)
        val reader = TalkBack(board)
        assertEquals(5 to 5, reader.node(-1).collectionInfo.let { it.rowCount to it.columnCount })
        assertEquals(25, reader.node(-1).childCount)
        assertTrue(reader.perform(-1, "focus"))
        assertEquals(-1, reader.focused)
        reader.heard.clear()

        reader.explore(160f, 160f)
        assertEquals(6, reader.focused)
        assertTrue(reader.spoken(), reader.spoken().startsWith("row 2, column 2"))
        assertTrue(reader.node(6).isAccessibilityFocused)
        reader.explore(260f, 160f)
        assertEquals(7, reader.focused)
        assertFalse(reader.node(6).isAccessibilityFocused)
        assertEquals(listOf("enter 6", "focus 6", "enter 7", "clear 6", "focus 7", "exit 6"), reader.heard)
        reader.leave()
        assertEquals("exit 7", reader.heard.last())
        assertEquals(7, reader.focused)

        for (cell in 0 until 25) {
            val bounds = Rect(0, 0, 0, 0)
            reader.node(cell).getBoundsInScreen(bounds)
            for ((x, y) in listOf(bounds.left + 1 to bounds.top + 1, bounds.right - 1 to bounds.bottom - 1)) {
                reader.explore(x.toFloat(), y.toFloat())
                assertEquals(cell, reader.focused)
            }
        }
        reader.leave()
        assertTrue(reader.perform(7, "focus"))

        for (label in reader.labels().filter { "wall" in it }) {
            val before = reader.spoken()
            assertTrue(label, reader.perform(7, label))
            assertNotEquals("read anew after: $label", before, reader.spoken())
        }
        val free = (0 until 25).first { it != maze().start && it != maze().goal }
        assertTrue(reader.perform(free, "focus"))
        assertTrue(reader.perform(free, "Put the start here"))
        assertEquals(free, maze().start)
        assertTrue(reader.spoken(), ", start" in reader.spoken())
        assertFalse("where the start is, the goal cannot be", "Put the goal here" in reader.labels())
        val other = (0 until 25).first { it != maze().start && it != maze().goal }
        assertTrue(reader.perform(other, "focus"))
        assertTrue(reader.perform(other, "Put the goal here"))
        assertEquals(other, maze().goal)
        assertFalse("the edge stays", reader.can(0, R.id.action_left))
        phone.answered()

        // A smaller maze has no such cell any more.
        assertTrue(reader.perform(24, "focus"))
        phone.view<android.widget.SeekBar>(R.id.size).slide(0)
        phone.click(R.id.fresh)
        assertEquals(9, reader.node(-1).childCount)
        assertFalse(reader.can(24, R.id.action_start))
        assertTrue(reader.perform(24 / 3, "focus"))
        phone.answered()
    }
}
