package io.actmobile.demo.draw

/** A histogram of N: bars with their counts, and the colours' legend. */
class StepsChart(
    /** By N from 0. */
    private val counts: List<Int>,
    private val title: String,
    private val palette: Palette,
    /** The letters' size, in pixels. */
    private val size: Float,
    override val words: String,
) : Picture {
    private val maxPonder = counts.size - 1

    override fun height(width: Float, pen: Pen): Float = size * HEIGHT

    override fun draw(width: Float, pen: Pen) {
        val first = if (counts[0] > 0) 0 else 1
        val shown = (first..maxPonder).toList()
        val most = maxOf(1, counts.max())
        val (top, bottom) = size * 3f to size * (HEIGHT - 1.8f)
        val slot = width / shown.size
        // So many labels that they do not touch.
        val every = Math.ceil((pen.width("000", size * SMALL) / slot).toDouble()).toInt().coerceAtLeast(1)
        pen.text(title, 0f, size * 1.2f, size, palette.ink)
        pen.line(0f, bottom, width, bottom, size / 12, palette.soft)
        shown.forEachIndexed { i, n ->
            val middle = slot * (i + 0.5f)
            val half = minOf(slot * 0.4f, size * 2)
            val high = (bottom - top) * counts[n] / most
            if (counts[n] > 0) {
                pen.box(middle - half, bottom - high, middle + half, bottom, palette.bar)
                pen.box(middle - half + 1, bottom - high + 1, middle + half - 1, bottom, palette.level(n, maxPonder))
                if (every == 1) pen.text("${counts[n]}", middle, bottom - high - size * 0.4f, size * SMALL, palette.soft, Pen.Align.CENTRE)
            }
            if (i % every == 0) pen.text("$n", middle, bottom + size * 1.2f, size * SMALL, palette.ink, Pen.Align.CENTRE)
        }
    }

    private companion object {
        const val HEIGHT = 11f
        const val SMALL = 0.85f
    }
}
