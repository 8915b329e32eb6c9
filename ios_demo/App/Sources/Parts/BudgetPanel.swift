import ActDemoCore
import ActKit
import SwiftUI

/// The battery sliders: the most ponder steps, and how sure the net must be to stop; and what a step takes.
struct BudgetPanel: View {
    @EnvironmentObject private var session: Session
    @Environment(\.palette) private var palette
    @ObservedObject var open: OpenModel
    /// The latency of the last run in words.
    let times: String

    var body: some View {
        let words = session.words
        Panel(words(.battery)) {
            if let budget = open.budget {
                sliders(budget)
            } else {
                Text(words(.noBudget))
            }
            Text(times).monospacedDigit()
            #if DEBUG
                Text(words(.debugNotice)).font(.footnote).foregroundStyle(Color(rgb: palette.soft))
            #endif
        }
    }

    @ViewBuilder
    private func sliders(_ budget: Budget) -> some View {
        let words = session.words
        let most = open.manifest.maxPonder
        let limit = words(.limit, words.number(budget.maxPonder), words.number(most))
        let threshold = words(.threshold, words.number(Int(session.threshold)))
        if most > 1 {
            Text(limit).accessibilityHidden(true)
            Slider(value: $session.limit, in: 1...Double(most), step: 1)
                .accessibilityLabel(words(.limitName))
                .accessibilityValue(limit)
        }
        Text(threshold).accessibilityHidden(true)
        Slider(value: $session.threshold, in: 0...Double(OpenModel.parts), step: 1)
            .accessibilityLabel(words(.thresholdName))
            .accessibilityValue(threshold)
    }
}
