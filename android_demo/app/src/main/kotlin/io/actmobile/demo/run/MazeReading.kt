package io.actmobile.demo.run

import io.actmobile.kit.ActStreamer
import io.actmobile.kit.Budget
import io.actmobile.kit.Step
import kotlin.math.exp

/** A maze that the net has answered, with its answers after each ponder step. */
class MazeReading(
    val maze: Maze,
    /** The probability of each cell after 1, 2, ... ponder steps; the last is the answer. */
    val frames: List<FloatArray>,
    val last: Step,
) {
    val answer: FloatArray get() = frames.last()

    /** Cells whose answer is that of the shortest way; null where no way leads to the goal. */
    val right: Int? get() {
        val solution = maze.solution()
        if (solution.length < 0) return null
        return answer.indices.count { (answer[it] >= 0.5f) == solution.cells[it] }
    }

    companion object {
        /** Answers that are shown one by one. */
        private const val MOST_FRAMES = 64

        /**
         * Ask the net; where it has budget inputs, also for its answer after each ponder step.
         *
         * @param largest cells a side of the net's input.
         * @return null if [alive] ended it.
         */
        fun read(maze: Maze, streamer: ActStreamer, largest: Int, alive: () -> Boolean): MazeReading? {
            val x = maze.channels(largest)
            val last = streamer.step(x)
            val frames = ArrayList<FloatArray>()
            val budget = streamer.budget
            if (streamer.defaultBudget != null) {
                val all = last.ponderSteps[0]
                val gap = maxOf(1, (all + MOST_FRAMES - 1) / MOST_FRAMES)
                for (n in gap until all step gap) {
                    if (!alive()) break
                    streamer.budget = Budget(budget.haltThreshold, n)
                    frames += probabilities(maze, streamer.step(x).y, largest)
                }
                streamer.budget = budget
            }
            if (!alive()) return null
            frames += probabilities(maze, last.y, largest)
            return MazeReading(maze, frames, last)
        }

        private fun probabilities(maze: Maze, y: FloatArray, largest: Int) = FloatArray(maze.cells) { cell ->
            1 / (1 + exp(-y[cell / maze.side * largest + cell % maze.side]))
        }
    }
}
