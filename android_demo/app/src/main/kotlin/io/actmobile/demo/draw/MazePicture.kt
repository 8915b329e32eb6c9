package io.actmobile.demo.draw

import io.actmobile.demo.run.Maze

/**
 * A maze and an answer: fills for how sure the net is, a line and dots where it answers "on the way", a
 * cross where that is wrong, a ring where a cell of the way is missing.
 */
class MazePicture(
    private val maze: Maze,
    /** The probability of each cell; null before the net has answered. */
    private val answer: FloatArray?,
    private val palette: Palette,
    override val words: String,
) : Picture {
    private val truth by lazy { maze.solution().cells }

    override fun height(width: Float, pen: Pen): Float = width

    override fun draw(width: Float, pen: Pen) {
        val cell = cellSize(width)
        pen.box(0f, 0f, width, width, palette.card)
        answer?.let { drawAnswer(it, cell, pen) }
        drawWalls(cell, pen)
        val (startX, startY) = middle(maze.start, cell)
        pen.disc(startX, startY, cell * 0.33f, palette.start)
        pen.disc(startX, startY, cell * 0.11f, palette.card)
        val (x, y) = middle(maze.goal, cell)
        val reach = cell * 0.4f
        pen.shape(floatArrayOf(x, y - reach, x + reach, y, x, y + reach, x - reach, y), palette.goal)
    }

    /** The cell at a point of the picture; -1 outside. */
    fun cellAt(x: Float, y: Float, width: Float): Int {
        val size = cellSize(width)
        val (column, row) = ((x - edge(width)) / size) to ((y - edge(width)) / size)
        val inside = column >= 0 && row >= 0 && column < maze.side && row < maze.side
        return if (inside) row.toInt() * maze.side + column.toInt() else -1
    }

    /** Left, top, right and bottom of a cell. */
    fun edges(cell: Int, width: Float): List<Float> {
        val size = cellSize(width)
        val (x, y) = middle(cell, size)
        return listOf(x - size / 2, y - size / 2, x + size / 2, y + size / 2)
    }

    /** The side of its cell that a point is near, with the cell; null in the middle of one. */
    fun wallAt(x: Float, y: Float, width: Float): Pair<Int, Int>? {
        val cell = cellAt(x, y, width)
        if (cell < 0) return null
        val size = cellSize(width)
        val (middleX, middleY) = middle(cell, size)
        val (right, down) = (x - middleX) / size to (y - middleY) / size
        return when {
            maxOf(Math.abs(right), Math.abs(down)) < NEAR -> null
            Math.abs(right) > Math.abs(down) -> cell to if (right > 0) Maze.RIGHT else Maze.LEFT
            else -> cell to if (down > 0) Maze.BELOW else Maze.ABOVE
        }
    }

    private fun drawAnswer(answer: FloatArray, cell: Float, pen: Pen) {
        for (i in answer.indices) {
            val (x, y) = middle(i, cell)
            val alpha = (SHADE * 255 * answer[i]).toInt().coerceIn(0, 255)
            // Edges on whole pixels leave no seam between neighbours.
            val (left, top) = Math.round(x - cell / 2).toFloat() to Math.round(y - cell / 2).toFloat()
            val (right, bottom) = Math.round(x + cell / 2).toFloat() to Math.round(y + cell / 2).toFloat()
            if (answer[i] > FAINT) pen.box(left, top, right, bottom, faded(palette.answer, alpha))
        }
        for (i in answer.indices) {
            for (side in intArrayOf(Maze.RIGHT, Maze.BELOW)) {
                val other = if (maze.isOpen(i, side)) maze.beside(i, side) else -1
                if (other < 0 || !isOn(answer[i]) || !isOn(answer[other])) continue
                val (fromX, fromY) = middle(i, cell)
                val (toX, toY) = middle(other, cell)
                pen.line(fromX, fromY, toX, toY, cell * 0.14f, palette.way)
            }
        }
        for (i in answer.indices) if (i != maze.start && i != maze.goal) drawMark(i, isOn(answer[i]), cell, pen)
    }

    private fun drawMark(i: Int, on: Boolean, cell: Float, pen: Pen) {
        val (x, y) = middle(i, cell)
        val reach = cell * 0.2f
        val comparable = truth.any { it }
        if (on && comparable && !truth[i]) {
            pen.line(x - reach, y - reach, x + reach, y + reach, cell * 0.1f, palette.wrong)
            pen.line(x - reach, y + reach, x + reach, y - reach, cell * 0.1f, palette.wrong)
        } else if (on) {
            pen.disc(x, y, cell * 0.15f, palette.way)
        } else if (truth[i]) {
            pen.disc(x, y, cell * 0.18f, palette.wrong)
            pen.disc(x, y, cell * 0.11f, palette.card)
        }
    }

    private fun drawWalls(cell: Float, pen: Pen) {
        val thick = cell * THICK
        for (i in 0 until maze.cells) {
            val (x, y) = middle(i, cell)
            val half = cell / 2
            if (!maze.isOpen(i, Maze.RIGHT)) pen.line(x + half, y - half, x + half, y + half, thick, palette.ink)
            if (!maze.isOpen(i, Maze.BELOW)) pen.line(x - half, y + half, x + half, y + half, thick, palette.ink)
            if (i % maze.side == 0) pen.line(x - half, y - half, x - half, y + half, thick, palette.ink)
            if (i < maze.side) pen.line(x - half, y - half, x + half, y - half, thick, palette.ink)
        }
    }

    private fun cellSize(width: Float) = width / (maze.side + 2 * EDGE)

    private fun edge(width: Float) = cellSize(width) * EDGE

    private fun middle(i: Int, cell: Float): Pair<Float, Float> =
        cell * (EDGE + i % maze.side + 0.5f) to cell * (EDGE + i / maze.side + 0.5f)

    private fun faded(colour: Int, alpha: Int) = colour and 0xffffff or (alpha shl 24)

    companion object {
        private const val EDGE = 0.1f
        private const val THICK = 0.09f
        private const val NEAR = 0.3f
        private const val SHADE = 0.6f
        private const val FAINT = 0.02f
        private const val SURE = 0.5f

        /** True if a probability says "on the way". */
        fun isOn(probability: Float): Boolean = probability >= SURE
    }
}
