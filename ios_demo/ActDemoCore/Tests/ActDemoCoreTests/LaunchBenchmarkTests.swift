import ActKit
import Foundation
import Testing

@testable import ActDemoCore

/// Takes native artefacts, and says that it was asked to.
private struct Asked: Runtime {
    let name: String
    let target = "native"

    func open(_ artefact: URL, _ manifest: Manifest) async throws -> any StepModel {
        throw Refused("\(name) was asked")
    }
}

struct LaunchBenchmarkTests {
    @Test(arguments: [[], ["--runtime", "coreml-all"], ["--runtime", "coreml-cpuOnly"]])
    func theRuntimeIsThatOfTheArguments(runtime: [String]) async throws {
        let choices = ["coreml-all", "coreml-cpuOnly"].map {
            RuntimeChoice(id: $0, title: .coremlAll, runtime: Asked(name: $0))
        }
        let said = await LaunchBenchmark.run(
            runtime + ["--model", "model", "--data", "data.npz", "--rows", "rows.bin"],
            folder: try documents("hops-native"), runtimes: choices)
        #expect(said == "refused: \(runtime.last ?? "coreml-all") was asked")
    }

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

    @Test func whatOtherProfilesLeftIsDeleted() async throws {
        let folder = try documents("hops-native")
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let kept = [
            // Of the same session: the models, which are copied once, and this run's own data.
            "act-profile-aa11-model-0123.actn", "act-profile-aa11-model-0123.golden.npz",
            "act-profile-aa11-model-0123.manifest.json", "act-profile-aa11-12.data.bin",
            "mine.rows.bin", "act-profiles.txt",
        ]
        let older = [
            "act-profile-aa11-1.data.bin", "act-profile-aa11-1.rows.bin",
            "act-profile-aa11-1.rows.bin.facts", "act-profile-aa11-1.rows.bin.status",
            "act-profile-aa11-2.rows.bin.new", "act-profile-bb22-model-0123.mlpackage",
            "act-profile-bb22-12.rows.bin", "act-profile-aa-12.rows.bin",
        ]
        for name in kept + older {
            try Data().write(to: folder.appendingPathComponent(name))
        }
        let said = await LaunchBenchmark.run(
            ["--model", "model", "--data", "act-profile-aa11-12.data.bin"]
                + ["--rows", "act-profile-aa11-12.rows.bin"],
            folder: folder, runtimes: [native])
        #expect(said.hasPrefix("refused: act-profile-aa11-12.data.bin: not the calls"), "\(said)")
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(left) == Set(before + kept + ["act-profile-aa11-12.rows.bin.status"]))
    }

    @Test func aRunOfOnesOwnDeletesNothing() async throws {
        let folder = try documents("hops-native")
        let file = folder.appendingPathComponent("act-profile-aa11-1.rows.bin")
        try Data().write(to: file)
        for rows in ["rows.bin", "act-profile-rows.bin", "act-profile-.bin"] {
            _ = await LaunchBenchmark.run(
                ["--model", "other", "--data", "data.bin", "--rows", rows], folder: folder,
                runtimes: [native])
            #expect(FileManager.default.fileExists(atPath: file.path), "\(rows)")
        }
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
