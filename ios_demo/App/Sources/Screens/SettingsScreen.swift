import ActDemoCore
import SwiftUI

/// What is kept on the device, and how to be rid of it.
struct SettingsScreen: View {
    @EnvironmentObject private var session: Session

    var body: some View {
        let words = session.words
        Panel(words(.settings)) {
            Text(words(.settingsText))
            Button(words(.clearHistory), role: .destructive) { session.clearHistory() }
            Button(words(.clearText), role: .destructive) { session.forgetText() }
        }
        .buttonStyle(.bordered)
    }
}
