import ActDemoCore
import SwiftUI

/// Any other model: the calls of its golden bundle, answered here.
struct PlainScreen: View {
    @EnvironmentObject private var session: Session
    @ObservedObject var model: PlainModel
    let open: OpenModel

    var body: some View {
        let words = session.words
        Columns {
            Panel(words(.plainHead)) {
                Text(words(.plainText))
                Text(model.summary)
                Button(words(.again), systemImage: "arrow.clockwise") { model.run() }
                    .buttonStyle(.bordered)
            }
            KeepingPanel()
        } second: {
            if let statistics = model.statistics {
                Panel(words(.chartTitle)) { StepsChart(statistics: statistics) }
            }
        }
        .task { model.run() }
        .onDisappear { model.stop() }
    }
}
