package io.actmobile.demo.ui

import android.view.View
import android.widget.SeekBar
import android.widget.TextView
import io.actmobile.demo.R
import io.actmobile.demo.run.Session
import io.actmobile.kit.Budget
import io.actmobile.kit.PonderStatistics

/**
 * The battery sliders: the most ponder steps, and how sure the net must be to stop; and what a call takes.
 *
 * @param words those for the time of calls: their median, their number, what 95 % take at most, and mean N.
 */
class BudgetPanel(
    root: View,
    private val demo: Demo,
    private val open: Session.Open,
    private val words: Int,
    private val changed: () -> Unit,
) {
    private val limit = root.needs<SeekBar>(R.id.limit)
    private val limitLabel = root.needs<TextView>(R.id.limit_label)
    private val threshold = root.needs<SeekBar>(R.id.threshold)
    private val thresholdLabel = root.needs<TextView>(R.id.threshold_label)
    private val times = root.needs<TextView>(R.id.times)

    init {
        val budget = open.budget
        root.needs<View>(R.id.budget_sliders).show(budget != null)
        root.needs<View>(R.id.no_budget).show(budget == null)
        if (budget != null) {
            limit.max = open.manifest.maxPonder - 1
            limit.progress = budget.maxPonder - 1
            threshold.max = PARTS
            threshold.progress = Math.round(budget.haltThreshold * PARTS)
            label(budget)
            val moved = Moved { fromUser -> if (fromUser) change() }
            limit.setOnSeekBarChangeListener(moved)
            threshold.setOnSeekBarChangeListener(moved)
        }
    }

    /** Show what calls took. */
    fun show(statistics: PonderStatistics?) {
        times.text = if (statistics == null || statistics.steps == 0) {
            ""
        } else {
            demo.text(words, statistics.milliseconds(0.5), statistics.steps, statistics.meanPonderSteps, statistics.milliseconds(0.95))
        }
    }

    private fun change() {
        // The model's own threshold is between two places of the slider.
        val own = open.streamer?.defaultBudget?.haltThreshold ?: 1f
        val asked = threshold.progress / PARTS.toFloat()
        val budget = Budget(if (threshold.progress == Math.round(own * PARTS)) own else asked, limit.progress + 1)
        demo.session.setBudget(open, budget)
        label(budget)
        changed()
    }

    private fun label(budget: Budget) {
        limitLabel.text = demo.text(R.string.limit, budget.maxPonder, open.manifest.maxPonder)
        thresholdLabel.text = demo.text(R.string.threshold, budget.haltThreshold * 100)
    }

    private class Moved(private val told: (fromUser: Boolean) -> Unit) : SeekBar.OnSeekBarChangeListener {
        override fun onProgressChanged(seekBar: SeekBar, progress: Int, fromUser: Boolean) = told(fromUser)

        override fun onStartTrackingTouch(seekBar: SeekBar) = Unit

        override fun onStopTrackingTouch(seekBar: SeekBar) = Unit
    }

    private companion object {
        const val PARTS = 100
    }
}
