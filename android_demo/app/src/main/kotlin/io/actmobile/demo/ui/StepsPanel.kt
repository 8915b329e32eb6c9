package io.actmobile.demo.ui

import android.view.View
import android.widget.TextView
import io.actmobile.demo.R
import io.actmobile.demo.draw.StepsChart
import io.actmobile.kit.PonderStatistics

/** The histogram of N, and the same in words below it. */
object StepsPanel {
    private const val LETTERS = 14f

    fun show(root: View, demo: Demo, statistics: PonderStatistics) {
        val title = demo.text(R.string.chart_title)
        val words = words(demo, statistics)
        root.needs<PictureView>(R.id.chart).show(
            StepsChart(statistics.histogram, title, demo.palette, demo.pixels(LETTERS, scaled = true), "$title. $words"),
        )
        root.needs<TextView>(R.id.counts).text = words
    }

    /** How often each N was. */
    fun words(demo: Demo, statistics: PonderStatistics): String =
        statistics.histogram.withIndex().filter { it.value > 0 }
            .joinToString(", ") { demo.text(R.string.count_of_steps, it.index, it.value) }
}
