package io.actmobile.demo.draw

/** Text in which each character stands on the colour of its ponder steps, with a bar as high as they are. */
class ColouredText(
    private val text: String,
    private val characters: List<Mark>,
    private val maxPonder: Int,
    private val palette: Palette,
    /** The letters' size, in pixels. */
    private val size: Float,
    override val words: String,
) : Picture {
    /** A part of the text, drawn as one, and its N; null where it has not been read. */
    class Mark(val start: Int, val end: Int, val ponderSteps: Int?)

    private class Placed(val mark: Mark, val x: Float, val width: Float, val row: Int)

    override fun height(width: Float, pen: Pen): Float = ((place(width, pen).lastOrNull()?.row ?: 0) + 1) * rowHeight

    override fun draw(width: Float, pen: Pen) {
        for (each in place(width, pen)) {
            val (top, bottom) = whole(each.row * rowHeight) to whole((each.row + 1) * rowHeight - size * GAP)
            val (left, right) = whole(each.x) to whole(each.x + each.width)
            each.mark.ponderSteps?.let { n ->
                pen.box(left, top, right, bottom, palette.level(n, maxPonder))
                pen.box(left, bottom - whole(size * BAR * n / maxPonder), right, bottom, palette.bar)
            }
            pen.text(shown(each.mark), each.x, top + size * BASE, size, palette.ink)
        }
    }

    /** Lines break where words end, or within a word that is longer than a line. */
    private fun place(width: Float, pen: Pen): List<Placed> {
        val placed = ArrayList<Placed>(characters.size)
        var (x, row, word) = Triple(0f, 0, 0)
        for (mark in characters) {
            val wide = pen.width(shown(mark), size)
            if (x + wide > width && x > 0) {
                row++
                x = 0f
                val moved = if (word < placed.size && placed[word].x > 0) placed.subList(word, placed.size).toList() else emptyList()
                while (placed.size > word && moved.isNotEmpty()) placed.removeAt(placed.size - 1)
                for (each in moved) {
                    placed += Placed(each.mark, x, each.width, row)
                    x += each.width
                }
            }
            placed += Placed(mark, x, wide, row)
            x += wide
            val first = text[mark.start]
            if (first == '\n') {
                row++
                x = 0f
            }
            if (first.isWhitespace()) word = placed.size
        }
        return placed
    }

    private fun shown(mark: Mark): String = when (text[mark.start]) {
        '\n' -> "\u21b5"
        '\t' -> "\u21e5"
        ' ' -> "\u00a0"
        else -> text.substring(mark.start, mark.end)
    }

    /** Edges on whole pixels leave no seam between neighbours. */
    private fun whole(length: Float): Float = Math.round(length).toFloat()

    private val rowHeight get() = size * ROW

    private companion object {
        const val ROW = 1.9f
        const val BASE = 1.15f
        const val BAR = 0.3f
        const val GAP = 0.15f
    }
}
