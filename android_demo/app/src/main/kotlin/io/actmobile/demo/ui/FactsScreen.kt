package io.actmobile.demo.ui

import android.view.View
import android.widget.TextView
import io.actmobile.demo.R
import io.actmobile.demo.run.Session

/** The manifest's facts about the open model, and where it runs. */
class FactsScreen : Screen("facts", R.string.facts, R.layout.screen_facts) {
    override fun isFor(session: Session) = session.open != null

    override fun bind(root: View, demo: Demo) {
        val open = demo.session.open ?: return
        val manifest = open.manifest
        val state = manifest.states.map { it.input }
        val facts = listOf(
            R.string.fact_backend to open.opened.model.backend,
            R.string.fact_purpose to (manifest.purpose ?: demo.text(R.string.unknown)),
            R.string.fact_form to "${manifest.target}, ${manifest.ponder}, ${manifest.sequence}, ${manifest.precision}",
            R.string.fact_ponder to manifest.maxPonder.toString(),
            R.string.fact_epsilon to (manifest.epsilon?.toString() ?: demo.text(R.string.unknown)),
            R.string.fact_inputs to manifest.inputs.joinToString("\n") { "${it.name} ${it.shape}" },
            R.string.fact_outputs to manifest.outputs.joinToString("\n") { "${it.name} ${it.shape}" },
            R.string.fact_state to state.joinToString(", ").ifEmpty { demo.text(R.string.none) },
            R.string.fact_golden to demo.text(R.string.golden_passed, open.golden.calls),
            R.string.fact_size to demo.text(R.string.bytes, manifest.size),
            R.string.fact_license to (manifest.license ?: demo.text(R.string.unknown)),
            R.string.fact_created to manifest.created,
            R.string.fact_hash to manifest.sha256,
        )
        root.needs<TextView>(R.id.facts).text = facts.joinToString("\n\n") { (title, value) -> "${demo.text(title)}\n$value" }
    }
}
