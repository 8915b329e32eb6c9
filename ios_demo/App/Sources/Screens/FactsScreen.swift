import ActDemoCore
import SwiftUI

/// The manifest's facts about the open model, and where it runs.
struct FactsScreen: View {
    @EnvironmentObject private var session: Session
    @Environment(\.palette) private var palette
    let open: OpenModel

    var body: some View {
        Panel(session.words(.factsHead)) {
            ForEach(open.facts(session.words)) { fact in
                VStack(alignment: .leading, spacing: 2) {
                    Text(fact.title).font(.subheadline).foregroundStyle(Color(rgb: palette.soft))
                    Text(verbatim: fact.value).textSelection(.enabled)
                }
                .accessibilityElement(children: .combine)
            }
        }
    }
}
