package io.actmobile.demo.run

import kotlin.random.Random

/** A square maze with walls between its cells, as the maze task makes them: in each just one way. */
class Maze private constructor(val side: Int, private val open: BooleanArray, val start: Int, val goal: Int) {
    val cells: Int get() = side * side

    /** The shortest way. */
    class Solution(
        /** Steps; -1 if no way leads to the goal. */
        val length: Int,
        /** True on a shortest way. */
        val cells: BooleanArray,
    )

    /** The cell on a side of a cell; -1 outside. */
    fun beside(cell: Int, to: Int): Int {
        val (row, column) = cell / side to cell % side
        return when (to) {
            RIGHT -> if (column + 1 < side) cell + 1 else -1
            BELOW -> if (row + 1 < side) cell + side else -1
            LEFT -> if (column > 0) cell - 1 else -1
            else -> if (row > 0) cell - side else -1
        }
    }

    fun isOpen(cell: Int, to: Int): Boolean = open[SIDES * cell + to]

    /** The same with a wall set or removed; null at the edge, whose walls stay. */
    fun withWall(cell: Int, to: Int, open: Boolean): Maze? {
        val other = beside(cell, to)
        if (other < 0) return null
        val changed = this.open.copyOf()
        changed[SIDES * cell + to] = open
        changed[SIDES * other + (to + 2) % SIDES] = open
        return Maze(side, changed, start, goal)
    }

    /** The same with another start; null where the goal is. */
    fun withStart(cell: Int): Maze? = if (cell == goal) null else Maze(side, open, cell, goal)

    /** The same with another goal; null where the start is. */
    fun withGoal(cell: Int): Maze? = if (cell == start) null else Maze(side, open, start, cell)

    fun solution(): Solution {
        val (from, to) = distances(start) to distances(goal)
        val length = from[goal]
        return Solution(length, BooleanArray(cells) { length >= 0 && from[it] >= 0 && from[it] + to[it] == length })
    }

    /** x of the net, (7, largest, largest) filled up with zeros: four open sides, inside, start, goal. */
    fun channels(largest: Int): FloatArray {
        val x = FloatArray(CHANNELS * largest * largest)
        fun set(channel: Int, cell: Int) {
            x[channel * largest * largest + cell / side * largest + cell % side] = 1f
        }
        for (cell in 0 until cells) {
            for (to in 0 until SIDES) if (isOpen(cell, to)) set(to, cell)
            set(SIDES, cell)
        }
        set(SIDES + 1, start)
        set(SIDES + 2, goal)
        return x
    }

    /** A line of text from which [parse] makes the same maze. */
    override fun toString(): String =
        "$side $start $goal " + (0 until cells).joinToString("") { cell ->
            (0 until SIDES).sumOf { if (isOpen(cell, it)) 1 shl it else 0 }.toString(16)
        }

    private fun distances(origin: Int): IntArray {
        val far = IntArray(cells) { -1 }
        val queue = IntArray(cells)
        far[origin] = 0
        queue[0] = origin
        var (at, end) = 0 to 1
        while (at < end) {
            val cell = queue[at++]
            for (to in 0 until SIDES) {
                val other = if (isOpen(cell, to)) beside(cell, to) else -1
                if (other < 0 || far[other] >= 0) continue
                far[other] = far[cell] + 1
                queue[end++] = other
            }
        }
        return far
    }

    companion object {
        const val RIGHT = 0
        const val BELOW = 1
        const val LEFT = 2
        const val ABOVE = 3
        const val CHANNELS = 7
        const val SMALLEST = 3

        /** The largest side that the maze task knows. */
        const val LARGEST = 64
        private const val SIDES = 4

        /** A maze in which one way leads between any two cells, by depth-first search. */
        fun random(side: Int, random: Random): Maze {
            var maze = Maze(side, BooleanArray(SIDES * side * side), 0, side * side - 1)
            val seen = BooleanArray(maze.cells)
            val came = arrayListOf(random.nextInt(maze.cells))
            seen[came[0]] = true
            while (came.isNotEmpty()) {
                val cell = came.last()
                val free = (0 until SIDES).filter { to -> maze.beside(cell, to).let { it >= 0 && !seen[it] } }
                if (free.isEmpty()) {
                    came.removeAt(came.size - 1)
                    continue
                }
                val to = free.random(random)
                maze = maze.withWall(cell, to, true) ?: maze
                came += maze.beside(cell, to).also { seen[it] = true }
            }
            val start = random.nextInt(maze.cells)
            val far = maze.distances(start)
            val length = random.nextInt(1, far.max() + 1)
            val goal = far.indices.filter { far[it] == length }.random(random)
            return Maze(side, maze.open, start, goal)
        }

        /** The maze of a [toString]; null if the text is none. */
        fun parse(text: String): Maze? {
            val words = text.split(' ')
            val numbers = words.take(3).mapNotNull(String::toIntOrNull)
            if (words.size != 4 || numbers.size != 3) return null
            val (side, start, goal) = numbers
            if (side !in SMALLEST..LARGEST || words[3].length != side * side) return null
            if (start == goal || minOf(start, goal) < 0 || maxOf(start, goal) >= side * side) return null
            val sides = words[3].map { Character.digit(it, 16) }
            if (sides.any { it < 0 }) return null
            var maze = Maze(side, BooleanArray(SIDES * side * side), start, goal)
            for (cell in 0 until maze.cells) {
                for (to in 0 until SIDES) if (sides[cell] shr to and 1 == 1) maze = maze.withWall(cell, to, true) ?: maze
            }
            return maze
        }
    }
}
