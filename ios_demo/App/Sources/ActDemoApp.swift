import ActDemoCore
import SwiftUI

/// The demo; launched with `--benchmark` it measures instead.
@main
struct ActDemoApp: App {
    @StateObject private var session = Session(
        files: AppFolders.files, bundled: AppFolders.bundled, runtimes: Runtimes.choices,
        words: .app)

    var body: some Scene {
        WindowGroup {
            if let arguments = LaunchBenchmark.arguments(ProcessInfo.processInfo.arguments) {
                BenchmarkView(arguments: arguments)
            } else {
                RootView()
                    .environmentObject(session)
                    .environmentObject(session.history)
            }
        }
    }
}

/// Where the app keeps files, and where it brings models.
enum AppFolders {
    static let bundled = Bundle.main.resourceURL?.appendingPathComponent(
        "Models", isDirectory: true)

    /// Made at the first look; where it cannot be, what is to be kept says so.
    static let files: URL = {
        let folder = system(.applicationSupportDirectory)
            .appendingPathComponent("ActDemo", isDirectory: true)
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }()

    static let cache = system(.cachesDirectory).appendingPathComponent("CoreML", isDirectory: true)

    /// Files lets its user see it, and `xcrun devicectl` copies to and from it.
    static let documents = system(.documentDirectory)

    private static func system(_ folder: FileManager.SearchPathDirectory) -> URL {
        FileManager.default.urls(for: folder, in: .userDomainMask).first
            ?? FileManager.default.temporaryDirectory
    }
}

extension Words {
    /// Of the language that the system chose among the app's.
    static let app = Words(.current) {
        Bundle.main.localizedString(forKey: $0, value: nil, table: nil)
    }
}
