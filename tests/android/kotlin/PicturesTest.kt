package io.actmobile.tests

import io.actmobile.android.NativeEngine
import io.actmobile.demo.draw.ColouredText
import io.actmobile.demo.draw.MazePicture
import io.actmobile.demo.draw.Palette
import io.actmobile.demo.draw.Picture
import io.actmobile.demo.draw.StepsChart
import io.actmobile.demo.run.Maze
import io.actmobile.demo.run.TextReading
import io.actmobile.demo.ui.CanvasPen
import io.actmobile.kit.ActStreamer
import io.actmobile.kit.ByteText
import io.actmobile.kit.Opening
import java.awt.image.BufferedImage
import java.io.File
import javax.imageio.ImageIO
import kotlin.math.pow
import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

/** The app's pictures, drawn on the JVM into the folder `pictures`: three widths, light and dark. */
class PicturesTest {
    private val text = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer"

    @Test
    fun picturesAreDrawnAtEveryWidth() {
        val folder = File(System.getProperty("pictures"))
        val model = File(System.getProperty("models"), "charlm-native-loop-fp32-budget/model.manifest.json")
        val read = Opening.open(model, listOf(NativeEngine())).use { opened ->
            TextReading.read(text, ActStreamer(opened.manifest, opened.model), opened.manifest.maxPonder) { true }
        }
        checkNotNull(read)
        val maze = Maze.random(9, Random(5))
        val solution = maze.solution()
        val draw = Random(1)
        // As a net part of the way through: the way for the most part, one cell missing, one too many.
        val answer = FloatArray(maze.cells) { if (solution.cells[it]) 0.7f + 0.3f * draw.nextFloat() else 0.08f * draw.nextFloat() }
        answer[solution.cells.indices.first { !solution.cells[it] && it > 20 }] = 0.7f
        answer[solution.cells.indices.last { solution.cells[it] && it != maze.goal && it != maze.start }] = 0.3f
        for ((mode, palette) in mapOf("light" to Palette.LIGHT, "dark" to Palette.DARK)) {
            for (width in listOf(288, 360, 800)) {
                val density = 2f
                val pictures = mapOf(
                    "text" to ColouredText(read.text, read.marks, 5, palette, 18 * density, "words"),
                    "chart" to StepsChart(read.statistics.histogram, "Ponder steps", palette, 14 * density, "words"),
                    "maze" to MazePicture(maze, answer, palette, "words"),
                )
                for ((name, picture) in pictures) {
                    val wide = if (name == "maze") minOf(width, 560) else width
                    val file = File(folder, "$name-$mode-$width.png")
                    ImageIO.write(drawn(picture, wide * density, palette), "png", file)
                    assertTrue(file.length() > 1000)
                }
            }
        }
    }

    /** Also of an N that no step took; and a manifest may state a limit far beyond the pixels. */
    @Test
    fun theChartHasASwatchUnderEveryN() {
        for (palette in listOf(Palette.LIGHT, Palette.DARK)) {
            val image = drawn(StepsChart(listOf(0, 0, 7, 0, 0, 0), "", palette, 28f, ""), 600f, palette)
            for (n in 1..5) {
                val column = (0 until image.height).map { image.getRGB((600 * (n - 0.5) / 5).toInt(), it) }
                assertTrue("$n", palette.level(n, 5) in column)
            }
            drawn(StepsChart(List(65_537) { if (it == 3) 1 else 0 }, "", palette, 28f, ""), 600f, palette)
        }
    }

    /** On every ground that a character may have. */
    @Test
    fun charactersHaveContrast() {
        for (palette in listOf(Palette.LIGHT, Palette.DARK)) {
            for (n in 0..5) assertTrue("$n", contrast(palette.ink, palette.level(n, 5)) >= 4.5)
            for (colour in listOf(palette.ink, palette.soft, palette.wrong, palette.start, palette.goal, palette.way)) {
                assertTrue("%x".format(colour), contrast(colour, palette.card) >= 4.5)
            }
            assertTrue(contrast(palette.bar, palette.level(5, 5)) >= 2)
        }
    }

    @Test
    fun noCharacterIsDrawnOutsideItsLine() {
        for (sample in listOf(text, "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", "a\n\n b", "漢".repeat(99), "")) {
            val unread = ByteText.characters(sample).map { ColouredText.Mark(it.start, it.end, null) }
            val picture = ColouredText(sample, unread, 5, Palette.LIGHT, 36f, "")
            val image = drawn(picture, 400f, Palette.LIGHT, margin = 40)
            for (y in 0 until image.height) {
                for (x in 440 until image.width) {
                    assertEquals(sample, Palette.LIGHT.paper, image.getRGB(x, y))
                }
            }
        }
    }

    @Test
    fun aPointOfTheBoardIsItsCellAndWall() {
        val maze = Maze.random(5, Random(2))
        val picture = MazePicture(maze, null, Palette.LIGHT, "")
        assertEquals(0, picture.cellAt(30f, 30f, 520f))
        assertEquals(24, picture.cellAt(500f, 500f, 520f))
        assertEquals(-1, picture.cellAt(519f, 30f, 520f))
        assertEquals(0 to Maze.RIGHT, picture.wallAt(105f, 60f, 520f))
        assertEquals(0 to Maze.BELOW, picture.wallAt(60f, 105f, 520f))
        assertNull(picture.wallAt(60f, 60f, 520f))
    }

    @Test
    fun mazesHaveOneWayAndAreReadBack() {
        for (seed in 0 until 50) {
            val maze = Maze.random(3 + seed % 9, Random(seed))
            val solution = maze.solution()
            assertTrue(solution.length > 0)
            assertEquals(solution.length + 1, solution.cells.count { it })
            assertEquals(maze.toString(), Maze.parse(maze.toString())?.toString())
            assertNotNull(maze.withStart((maze.goal + 1) % maze.cells))
            assertNull(maze.withGoal(maze.start))
        }
        for (text in listOf("", "3 0 8 00000000", "3 0 0 000000000", "3 0 9 000000000", "2 0 1 0000", "3 0 8 00000000g")) assertNull(Maze.parse(text))
    }

    private fun drawn(picture: Picture, width: Float, palette: Palette, margin: Int = 0): BufferedImage {
        val height = picture.height(width, CanvasPen(null)).toInt().coerceAtLeast(1)
        val image = BufferedImage(width.toInt() + 2 * margin, height, BufferedImage.TYPE_INT_ARGB)
        val canvas = android.graphics.Canvas(image)
        CanvasPen(canvas).box(0f, 0f, image.width.toFloat(), image.height.toFloat(), palette.paper)
        picture.draw(width, CanvasPen(canvas))
        return image
    }

    private fun contrast(one: Int, other: Int): Double {
        val (dark, light) = listOf(luminance(one), luminance(other)).sorted()
        return (light + 0.05) / (dark + 0.05)
    }

    private fun luminance(colour: Int): Double = listOf(16 to 0.2126, 8 to 0.7152, 0 to 0.0722).sumOf { (shift, weight) ->
        val share = (colour shr shift and 255) / 255.0
        weight * if (share <= 0.04045) share / 12.92 else ((share + 0.055) / 1.055).pow(2.4)
    }
}
