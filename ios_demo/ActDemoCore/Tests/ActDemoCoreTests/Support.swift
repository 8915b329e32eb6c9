import ActKit
import ActKitNative
import Foundation

@testable import ActDemoCore

/// The folder of exports, or the file, that tests/ios/test_app_core.py names in a variable.
func given(_ variable: String) -> URL {
    URL(fileURLWithPath: ProcessInfo.processInfo.environment[variable]!)
}

/// A new folder of a test's own, in a temporary one that ends with the run.
func scratch() throws -> URL {
    let made = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
    return made
}

/// The app's own texts in a language.
func words(_ language: String) throws -> Words {
    struct Catalog: Decodable {
        struct Unit: Decodable { let value: String }
        struct Localization: Decodable { let stringUnit: Unit }
        struct Entry: Decodable { let localizations: [String: Localization] }
        let strings: [String: Entry]
    }
    let text = try Data(contentsOf: given("ACT_DEMO_WORDS"))
    let catalog = try JSONDecoder().decode(Catalog.self, from: text)
    let found = catalog.strings.compactMapValues { $0.localizations[language]?.stringUnit.value }
    return Words(Locale(identifier: language)) { found[$0] ?? "?" }
}

let native = RuntimeChoice(id: "native", title: .nativeEngine, runtime: NativeEngine())

/// A session with the shipped models, in a folder of its own unless one is given.
@MainActor
func makeSession(
    _ files: URL? = nil, language: String = "en", runtimes: [RuntimeChoice] = [native]
) throws -> Session {
    Session(
        files: try files ?? scratch(), bundled: given("ACT_DEMO_MODELS"), runtimes: runtimes,
        words: try words(language))
}

extension Session {
    /// Open a shipped model, wait, and return its run.
    func opened<Model: ScreenModel>(_ name: String, _ as: Model.Type) async throws -> Model {
        guard let entry = entries.first(where: { $0.id == name }) else {
            throw Refused("no \(name)")
        }
        open(entry, native)
        await finish()
        guard let model = screen as? Model else { throw Refused(notice ?? "another kind") }
        return model
    }
}

extension Session {
    /// Models that a user gave.
    var own: [Models.Entry] { entries.filter { $0.isOwn } }
}
