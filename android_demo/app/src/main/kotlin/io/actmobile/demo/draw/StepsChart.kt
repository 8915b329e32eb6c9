package io.actmobile.demo.draw

/** A histogram of N: bars with their counts, and under every N its colour, which is the legend of coloured text. */
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
        val (top, bottom) = size * 3f to size * (HEIGHT - 2.8f)
        val slot = width / shown.size
        // So many labels that they do not touch.
        val every = Math.ceil((pen.width("0".repeat(maxOf(3, "${maxPonder}0".length)), size * SMALL) / slot).toDouble()).toInt().coerceAtLeast(1)
        legend(shown, slot, bottom, pen)
        pen.text(title, 0f, size * 1.2f, size, palette.ink)
        pen.line(0f, bottom, width, bottom, size / 12, palette.soft)
        shown.forEachIndexed { i, n ->
            val middle = slot * (i + 0.5f)
            val half = half(slot)
            val high = (bottom - top) * counts[n] / most
            if (counts[n] > 0) {
                pen.box(middle - half, bottom - high, middle + half, bottom, palette.bar)
                pen.box(middle - half + 1, bottom - high + 1, middle + half - 1, bottom, palette.level(n, maxPonder))
                if (every == 1) pen.text("${counts[n]}", middle, bottom - high - size * 0.4f, size * SMALL, palette.soft, Pen.Align.CENTRE)
            }
            if (i % every == 0) pen.text("$n", middle, bottom + size * 2.2f, size * SMALL, palette.ink, Pen.Align.CENTRE)
        }
    }

    /** A swatch for each N, as wide as the bars or, where they are narrower than a pixel, one for each pixel. */
    private fun legend(shown: List<Int>, slot: Float, top: Float, pen: Pen) {
        val half = maxOf(half(slot), MIN_SWATCH / 2)
        for (i in shown.indices step Math.ceil((MIN_SWATCH / slot).toDouble()).toInt().coerceAtLeast(1)) {
            val middle = slot * (i + 0.5f)
            val (above, below) = top + size * 0.35f to top + size * 1.05f
            val line = if (half > MIN_SWATCH) 1f else 0f
            pen.box(middle - half, above, middle + half, below, palette.bar)
            pen.box(middle - half + line, above + line, middle + half - line, below - line, palette.level(shown[i], maxPonder))
        }
    }

    private fun half(slot: Float) = minOf(slot * 0.4f, size * 2)

    private companion object {
        const val HEIGHT = 12f
        const val SMALL = 0.85f
        const val MIN_SWATCH = 1f
    }
}
