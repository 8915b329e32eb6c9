import Foundation
import Testing

@testable import ActDemoCore

struct LaunchBenchmarkTests {
    @Test func onlyALaunchWithTheFlagMeasures() {
        #expect(LaunchBenchmark.arguments(["app", "-AppleLanguages", "(de)"]) == nil)
        #expect(
            LaunchBenchmark.arguments(["app", "--benchmark", "--model", "m"]) == ["--model", "m"])
    }

    @Test func aRefusalIsWrittenBesideTheRows() async throws {
        let folder = try documents("hops-native")
        let said = await LaunchBenchmark.run(
            ["--runtime", "native", "--model", "model", "--data", "model.golden.npz"]
                + ["--rows", "rows.bin"],
            folder: folder, runtimes: [native])
        // A golden bundle is no data file: the run is refused, and says so beside the rows.
        #expect(said.hasPrefix("refused: model.golden.npz: holds "))
        #expect(try status(folder) == said + "\n")
        let rows = folder.appendingPathComponent("rows.bin")
        #expect(!FileManager.default.fileExists(atPath: rows.path))
    }

    @Test(arguments: [
        (["--rows", "rows.bin"], "refused: --model is missing"),
        (["--rows", "rows.bin", "--runtime"], "refused: --runtime: one of native"),
        (["--rows", "rows.bin", "--runtime", "gpu"], "refused: --runtime: one of native"),
        (["--rows", "rows.bin", "--model"], "refused: --model is without its value"),
    ])
    func wrongArgumentsAreRefused(arguments: [String], words: String) async throws {
        let folder = try scratch()
        let said = await LaunchBenchmark.run(arguments, folder: folder, runtimes: [native])
        #expect(said.hasPrefix(words), "\(said)")
        #expect(try status(folder) == said + "\n")
    }

    @Test(arguments: ["../rows.bin", ".rows", ""])
    func nothingIsWrittenOutsideTheFolder(rows: String) async throws {
        let folder = try documents("hops-native")
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let said = await LaunchBenchmark.run(
            ["--model", "model", "--data", "model.golden.npz", "--rows", rows], folder: folder,
            runtimes: [native])
        #expect(said.hasPrefix("refused: "))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == before)
    }

    private func documents(_ model: String) throws -> URL {
        let folder = try scratch().appendingPathComponent("Documents")
        try FileManager.default.copyItem(
            at: given("ACT_DEMO_MODELS").appendingPathComponent(model), to: folder)
        return folder
    }

    private func status(_ folder: URL) throws -> String {
        try String(contentsOf: folder.appendingPathComponent("rows.bin.status"), encoding: .utf8)
    }
}
