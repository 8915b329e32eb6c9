package io.actmobile.demo.ui

import android.view.View
import android.widget.Button
import android.widget.TextView
import io.actmobile.demo.R
import io.actmobile.demo.run.Kind
import io.actmobile.demo.run.Session
import io.actmobile.demo.run.Worker
import io.actmobile.kit.Floats
import io.actmobile.kit.Ints
import io.actmobile.kit.PonderStatistics
import io.actmobile.kit.Step
import io.actmobile.kit.Tensor

/** Any other model: the calls of its golden bundle, answered here. */
class PlainScreen : Screen("plain", R.string.plain, R.layout.screen_plain) {
    private var job: Worker.Job? = null
    private var statistics: PonderStatistics? = null

    override fun isFor(session: Session) = session.open?.kind == Kind.PLAIN

    override fun bind(root: View, demo: Demo) {
        val open = demo.session.open ?: return
        statistics = null
        root.needs<Button>(R.id.again).setOnClickListener { run(root, demo, open) }
        Keeping.bind(root, demo, open) { statistics?.let { summary(demo, it) to "${summary(demo, it)}\n${StepsPanel.words(demo, it)}" } }
        run(root, demo, open)
    }

    override fun leave() {
        job?.cancel()
    }

    private fun run(root: View, demo: Demo, open: Session.Open) {
        job?.cancel()
        job = demo.session.worker.start(
            { alive -> measure(open, alive) },
            { reason -> demo.notice(reason ?: demo.text(R.string.no_memory)) },
            { found ->
                statistics = found
                root.needs<TextView>(R.id.summary).text = summary(demo, found)
                StepsPanel.show(root, demo, found)
            },
        )
    }

    private fun measure(open: Session.Open, alive: () -> Boolean): PonderStatistics? {
        val statistics = PonderStatistics(open.manifest.maxPonder)
        for (call in 0 until open.golden.calls) {
            if (!alive()) return null
            val inputs = open.golden.inputs(call)
            val before = System.nanoTime()
            val outputs = open.opened.model.call(inputs)
            val nanoseconds = System.nanoTime() - before
            val steps = numbers(outputs.getValue("ponder_steps"))
            val remainder = numbers(outputs.getValue("remainder"))
            statistics.add(Step(floatArrayOf(), IntArray(steps.size) { steps[it].toInt() }, remainder, nanoseconds))
        }
        return statistics
    }

    private fun numbers(tensor: Tensor): FloatArray = when (tensor) {
        is Floats -> tensor.values
        is Ints -> FloatArray(tensor.size) { tensor.values[it].toFloat() }
        else -> floatArrayOf(tensor.scalar)
    }

    private fun summary(demo: Demo, found: PonderStatistics): String = demo.text(
        R.string.plain_summary, found.steps, found.meanPonderSteps, found.milliseconds(0.5), found.milliseconds(0.95),
    )
}
