import ActDemoCore
import SwiftUI

/// Runs that were kept: on this device alone, to be read again, shared and deleted.
struct HistoryScreen: View {
    @EnvironmentObject private var session: Session
    @EnvironmentObject private var history: History

    var body: some View {
        if history.entries.isEmpty { Text(session.words(.noEntries)) }
        LazyVStack(alignment: .leading, spacing: 16) {
            ForEach(history.entries) { entry in row(entry) }
        }
    }

    private func row(_ entry: History.Entry) -> some View {
        let words = session.words
        let time = words.time(entry.time)
        return Panel("\(time) · \(entry.model)") {
            Text(entry.summary)
            DisclosureGroup(words(.more)) {
                Text(verbatim: "\(entry.backend)\n\n\(entry.detail)")
                    .frame(maxWidth: .infinity, alignment: .leading)
            }
            HStack {
                ShareLink(item: "\(time)\n\(entry.report)") {
                    Label(words(.share), systemImage: "square.and.arrow.up")
                }
                Button(words(.delete), role: .destructive) {
                    session.orNotice { try history.delete(entry) }
                }
            }
            .buttonStyle(.bordered)
        }
    }
}
