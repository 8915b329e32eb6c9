import ActDemoCore
import SwiftUI

/// One screen; `all` is the list of them. A model's kind adds one: `of(TextModel.self, ...)`.
@MainActor
struct Screen: Identifiable {
    let title: Word
    let icon: String
    /// The screen's view; nil while it cannot be gone to.
    let view: (Session) -> AnyView?

    nonisolated var id: String { title.rawValue }

    static let all: [Screen] = [
        Screen(title: .models, icon: "square.stack.3d.up") { _ in AnyView(ModelsScreen()) },
        of(TextModel.self, .text, "text.alignleft") { TextScreen(model: $0, open: $1) },
        of(MazeModel.self, .maze, "square.grid.3x3.topleft.filled") {
            MazeScreen(model: $0, open: $1)
        },
        of(PlainModel.self, .plain, "list.number") { PlainScreen(model: $0, open: $1) },
        Screen(title: .facts, icon: "info.circle") { session in
            session.open.map { AnyView(FactsScreen(open: $0)) }
        },
        Screen(title: .history, icon: "clock") { _ in AnyView(HistoryScreen()) },
        Screen(title: .settings, icon: "gearshape") { _ in AnyView(SettingsScreen()) },
    ]

    /// The screen that shows the runs of one kind of model.
    private static func of<Model: ScreenModel, Content: View>(
        _ kind: Model.Type, _ title: Word, _ icon: String,
        @ViewBuilder view: @escaping (Model, OpenModel) -> Content
    ) -> Screen {
        Screen(title: title, icon: icon) { session in
            guard let open = session.open, let model = session.screen as? Model else { return nil }
            return AnyView(view(model, open).id(ObjectIdentifier(model)))
        }
    }
}
