import ActDemoCore
import SwiftUI

/// The two buttons under a result: keep it in the history, share it as text.
struct KeepingPanel: View {
    @EnvironmentObject private var session: Session

    var body: some View {
        let words = session.words
        ViewThatFits(in: .horizontal) {
            HStack { buttons(words) }
            VStack(alignment: .leading) { buttons(words) }
        }
    }

    @ViewBuilder
    private func buttons(_ words: Words) -> some View {
        Button(words(.keep), systemImage: "tray.and.arrow.down") { session.keep() }
            .buttonStyle(.bordered)
        if let report = session.report {
            ShareLink(item: report) { Label(words(.share), systemImage: "square.and.arrow.up") }
                .buttonStyle(.bordered)
        }
    }
}
