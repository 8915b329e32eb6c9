package io.actmobile.demo.run

import io.actmobile.kit.ActStreamer
import io.actmobile.kit.Budget
import io.actmobile.kit.PonderStatistics
import io.actmobile.kit.Step
import kotlin.math.exp

/** A maze that the net has answered, with its answers after ponder steps on the way. */
class MazeReading(
    val maze: Maze,
    val frames: List<Frame>,
    val last: Step,
    /** Times of the call that asks for the answer, which was repeated for them. */
    val times: PonderStatistics,
) {
    /** The probability of each cell after so many ponder steps; the last frame is the answer. */
    class Frame(val ponderSteps: Int, val probabilities: FloatArray)

    val answer: FloatArray get() = frames.last().probabilities

    /** Cells whose answer is that of the shortest way; null where no way leads to the goal. */
    val right: Int? get() {
        val solution = maze.solution()
        if (solution.length < 0) return null
        return answer.indices.count { (answer[it] >= 0.5f) == solution.cells[it] }
    }

    companion object {
        /** Answers that are shown one by one. */
        private const val MOST_FRAMES = 64

        /** Calls that are timed, as long as they take no longer than [TIMED_NANOSECONDS] together. */
        private const val TIMED = 20
        private const val TIMED_NANOSECONDS = 300_000_000L

        /**
         * Ask the net, several times for the sake of its time; where it has budget inputs, also for its answers
         * after fewer ponder steps: each number of them, or as many as can be shown.
         *
         * @param largest cells a side of the net's input.
         * @return null if [alive] ended it.
         */
        fun read(maze: Maze, streamer: ActStreamer, largest: Int, maxPonder: Int, alive: () -> Boolean): MazeReading? {
            val x = maze.channels(largest)
            val times = PonderStatistics(maxPonder)
            val start = System.nanoTime()
            var last = streamer.step(x)
            times.add(last)
            while (alive() && times.steps < TIMED && System.nanoTime() - start < TIMED_NANOSECONDS) {
                last = streamer.step(x)
                times.add(last)
            }
            val frames = ArrayList<Frame>()
            val budget = streamer.budget
            val all = last.ponderSteps[0]
            if (streamer.defaultBudget != null) {
                val gap = maxOf(1, (all + MOST_FRAMES - 1) / MOST_FRAMES)
                for (n in gap until all step gap) {
                    if (!alive()) break
                    streamer.budget = Budget(budget.haltThreshold, n)
                    frames += Frame(n, probabilities(maze, streamer.step(x).y, largest))
                }
                streamer.budget = budget
            }
            if (!alive()) return null
            frames += Frame(all, probabilities(maze, last.y, largest))
            return MazeReading(maze, frames, last, times)
        }

        private fun probabilities(maze: Maze, y: FloatArray, largest: Int) = FloatArray(maze.cells) { cell ->
            1 / (1 + exp(-y[cell / maze.side * largest + cell % maze.side]))
        }
    }
}
