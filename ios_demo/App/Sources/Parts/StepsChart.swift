import ActDemoCore
import ActKit
import Charts
import SwiftUI

/// A histogram of N, and the same in words.
struct StepsChart: View {
    @EnvironmentObject private var session: Session
    @Environment(\.palette) private var palette
    let statistics: PonderStatistics

    private struct Bar: Identifiable {
        let id: Int
        let count: Int
    }

    /// From 1, or from 0 where a time step took no ponder step.
    private var bars: [Bar] {
        let counts = statistics.histogram
        let first = counts.first == 0 ? 1 : 0
        return counts.indices.dropFirst(first).map { Bar(id: $0, count: counts[$0]) }
    }

    /// The bars with a label: all, or every second, third, ... so that the labels do not touch.
    private var labelled: [String] {
        let every = (bars.count + 9) / 10
        return bars.enumerated().filter { $0.offset % max(1, every) == 0 }.map {
            "\($0.element.id)"
        }
    }

    var body: some View {
        let words = session.words
        VStack(alignment: .leading, spacing: 8) {
            Chart(bars) { bar in
                BarMark(
                    x: .value(words(.numberOfSteps), "\(bar.id)"),
                    y: .value(words(.timesOfSteps), bar.count)
                )
                .foregroundStyle(Color(rgb: bar.count == 0 ? palette.card : palette.bar))
            }
            .chartXAxis { AxisMarks(values: labelled) }
            .frame(height: 200)
            .accessibilityElement(children: .ignore)
            .accessibilityLabel(words(.chartTitle))
            .accessibilityValue(words.counts(statistics))
            Text(words.counts(statistics))
                .font(.footnote)
                .foregroundStyle(Color(rgb: palette.soft))
                .accessibilityHidden(true)
        }
    }
}
