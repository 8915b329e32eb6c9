import ActDemoCore
import SwiftUI
import UniformTypeIdentifiers

/// Choose a model and a runtime, before anything of either is loaded.
struct ModelsScreen: View {
    @EnvironmentObject private var session: Session
    @State private var chosen: String?
    @State private var runtime: String?
    @State private var isChoosingFiles = false

    private var entry: Models.Entry? {
        session.entries.first { $0.id == chosen } ?? session.open?.entry ?? session.last?.entry
            ?? session.entries.first
    }

    private var choices: [RuntimeChoice] { entry.map { session.runtimes(of: $0) } ?? [] }

    private var choice: RuntimeChoice? {
        choices.first { $0.id == runtime } ?? choices.first { $0.id == session.settings[.runtime] }
            ?? choices.first
    }

    var body: some View {
        let words = session.words
        Columns {
            Panel(words(.modelsHead)) {
                if session.entries.isEmpty { Text(words(.noModels)) }
                ForEach(session.entries) { each in
                    RadioRow(title: each.label, isOn: each.id == entry?.id) {
                        chosen = each.id
                        session.notice = each.problem
                    }
                }
            }
            Panel(words(.own)) {
                Text(words(.ownText))
                Button(words(.own), systemImage: "folder") { isChoosingFiles = true }
                    .buttonStyle(.bordered)
            }
        } second: {
            Panel(words(.runtimesHead)) {
                ForEach(choices) { each in
                    RadioRow(title: words(each.title), isOn: each.id == choice?.id) {
                        runtime = each.id
                    }
                }
                openButton(words)
                state(words)
            }
        }
        .fileImporter(
            isPresented: $isChoosingFiles, allowedContentTypes: [.item, .folder, .package],
            allowsMultipleSelection: true
        ) { result in
            switch result {
            case .success(let files): add(files)
            case .failure(let error): session.notice = error.localizedDescription
            }
        }
    }

    @ViewBuilder
    private func openButton(_ words: Words) -> some View {
        Button(words(.open), systemImage: "play") {
            if let entry, let choice { session.open(entry, choice) }
        }
        .buttonStyle(.borderedProminent)
        .disabled(choice == nil)
        if let entry, entry.isOwn {
            Button(words(.delete), role: .destructive) { session.delete(entry) }
        }
    }

    @ViewBuilder
    private func state(_ words: Words) -> some View {
        if let opening = session.opening {
            ProgressView { Text(opening) }
            Button(words(.close)) { session.closeForGood() }
        } else if let open = session.open {
            Text(words(.isOpen, open.entry.label, open.backend))
            Button(words(.close)) { session.closeForGood() }
        }
    }

    /// Files outside the app's own folders may be read only between these two calls.
    private func add(_ files: [URL]) {
        let scoped = files.filter { $0.startAccessingSecurityScopedResource() }
        session.add(files) { for file in scoped { file.stopAccessingSecurityScopedResource() } }
    }
}

/// One of several, of which one is chosen.
private struct RadioRow: View {
    let title: String
    let isOn: Bool
    let choose: @MainActor () -> Void

    var body: some View {
        Button(action: choose) {
            HStack {
                Image(systemName: isOn ? "largecircle.fill.circle" : "circle")
                Text(title).multilineTextAlignment(.leading)
                Spacer()
            }
            .frame(minHeight: 44)
            .contentShape(Rectangle())
        }
        .buttonStyle(.plain)
        .accessibilityLabel(title)
        .accessibilityAddTraits(isOn ? .isSelected : [])
    }
}
