import ActDemoCore
import SwiftUI
import UIKit

/// The app's window: tabs on an iPhone, a list beside the screen on an iPad.
struct RootView: View {
    @EnvironmentObject private var session: Session
    @Environment(\.horizontalSizeClass) private var width
    @Environment(\.scenePhase) private var phase
    @State private var chosen: String? = Word.models.rawValue

    private var screens: [Screen] { Screen.all.filter { $0.view(session) != nil } }

    /// The screen that is shown: the first where the chosen one is gone with its model.
    private var current: Screen { screens.first { $0.id == chosen } ?? Screen.all[0] }

    var body: some View {
        Group {
            if width == .compact { tabs } else { columns }
        }
        .onChange(of: session.open?.entry.id) { opened in
            let next = opened == nil ? screens.first : screens.dropFirst().first
            chosen = next?.id
        }
        .onChange(of: phase) { phase in
            if phase == .active { session.reopen() }
        }
        .onReceive(
            NotificationCenter.default.publisher(
                for: UIApplication.didReceiveMemoryWarningNotification)
        ) { _ in
            session.memoryIsShort(isActive: phase == .active)
        }
    }

    private var tabs: some View {
        TabView(selection: $chosen) {
            ForEach(screens) { screen in
                NavigationStack { page(screen) }
                    .tabItem { Label(session.words(screen.title), systemImage: screen.icon) }
                    .tag(Optional(screen.id))
            }
        }
    }

    private var columns: some View {
        NavigationSplitView {
            List(selection: $chosen) {
                ForEach(screens) { screen in
                    Label(session.words(screen.title), systemImage: screen.icon).tag(
                        Optional(screen.id))
                }
            }
            .navigationTitle(session.words(.appName))
        } detail: {
            page(current)
        }
    }

    private func page(_ screen: Screen) -> some View {
        ScrollView {
            VStack(alignment: .leading, spacing: 16) {
                NoticeView()
                screen.view(session)
            }
            .padding()
            .frame(maxWidth: 1100, alignment: .leading)
        }
        .background(PaperColour())
        .navigationTitle(session.words(screen.title))
    }
}

/// The ground of all screens.
private struct PaperColour: View {
    @Environment(\.palette) private var palette

    var body: some View { Color(rgb: palette.paper).ignoresSafeArea() }
}
