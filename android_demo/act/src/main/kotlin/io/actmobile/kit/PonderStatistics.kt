package io.actmobile.kit

/** N, R and milliseconds of the time steps so far. Figures of no steps are NaN. */
class PonderStatistics(
    /** The most ponder steps that a layer may take. */
    val maxPonder: Int,
) {
    private val counts = IntArray(maxPonder + 1)
    private var remainders = 0.0
    private var nanoseconds = LongArray(64)

    /** Time steps. */
    var steps = 0
        private set

    /** Time steps in which the first layer took so many ponder steps, from 0 to [maxPonder]. */
    val histogram: List<Int> get() = counts.toList()

    /** Mean N of the first layer. */
    val meanPonderSteps: Double
        get() = counts.indices.sumOf { it.toLong() * counts[it] }.toDouble() / steps

    /** Mean R of the first layer. */
    val meanRemainder: Double get() = remainders / steps

    fun add(step: Step) {
        counts[step.ponderSteps[0].coerceIn(0, maxPonder)]++
        remainders += step.remainder[0]
        if (steps == nanoseconds.size) nanoseconds = nanoseconds.copyOf(2 * steps)
        nanoseconds[steps++] = step.nanoseconds
    }

    /** Milliseconds of a time step that this share of them does not exceed: 0.5 is the median. */
    fun milliseconds(share: Double): Double {
        if (steps == 0) return Double.NaN
        val sorted = nanoseconds.copyOf(steps).apply { sort() }
        val rank = Math.ceil(share * steps).toInt().coerceIn(1, steps)
        return sorted[rank - 1] / 1e6
    }
}
