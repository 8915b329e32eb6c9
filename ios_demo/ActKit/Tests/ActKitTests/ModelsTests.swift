import ActKit
import ActKitNative
import Foundation
import Testing

// Exports of the shipped models through the real engine: as cases.json says, which Kotlin's tests read too.

struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct Sequence: Decodable {
        /// Tokens, or rows of x.
        enum Input: Decodable {
            case token(Int)
            case x([Float])

            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                if let token = try? value.decode(Int.self) {
                    self = .token(token)
                } else {
                    self = .x(try value.decode([Float].self))
                }
            }
        }

        let inputs: [Input]
        let y: [[Float]]
        let ponderSteps: [[Int]]
        let remainder: [[Float]]
    }

    struct Statistics: Decodable {
        let histogram: [Int]
        let meanPonderSteps: Double
        let meanRemainder: Double
    }

    struct Streamed: Decodable {
        let sequences: [Sequence]
        let tolerance: Double
        let statistics: Statistics
    }

    let name: String
    let manifest: String
    let streamed: Streamed?

    var testDescription: String { name }

    static func all() throws -> [Case] {
        let data = try Data(contentsOf: folder("ACT_CASES"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode([String: [Case]].self, from: data)["cases"]!
    }
}

let models = folder("ACT_MODELS")

@Test(arguments: try Case.all())
func everyExportAnswersAsItsModel(export: Case) async throws {
    let file = models.appendingPathComponent(export.manifest)
    let manifest = try Manifest.read(file)
    guard manifest.target == "native" else {
        let bundle = file.deletingLastPathComponent().appendingPathComponent(
            manifest.name + Golden.suffix)
        #expect(try Golden.read(manifest, bundle).calls > 0)
        await expectRefusal("no runtime here takes a model for \(manifest.target)") {
            _ = try await Opening.open(file, [NativeEngine()])
        }
        return
    }
    let opened = try await Opening.open(file, [NativeEngine()])
    #expect(opened.model.backend.hasPrefix("native engine, "))
    if let streamed = export.streamed {
        try await expectAnswers(
            streamed, ActStreamer(opened.manifest, opened.model), opened.manifest)
    }
}

private func expectAnswers(
    _ streamed: Case.Streamed, _ streamer: ActStreamer, _ manifest: Manifest
) async throws {
    var statistics = PonderStatistics(manifest.maxPonder)
    for sequence in streamed.sequences {
        await streamer.reset()
        for (t, input) in sequence.inputs.enumerated() {
            let step =
                switch input {
                case .token(let token): try await streamer.step(token)
                case .x(let x): try await streamer.step(x)
                }
            statistics.add(step)
            #expect(step.ponderSteps == sequence.ponderSteps[t], "N at \(t)")
            #expect(isClose(step.y, sequence.y[t], streamed.tolerance), "y at \(t)")
            #expect(isClose(step.remainder, sequence.remainder[t], streamed.tolerance), "R at \(t)")
        }
    }
    let expected = streamed.statistics
    #expect(statistics.histogram == expected.histogram)
    #expect(abs(statistics.meanPonderSteps - expected.meanPonderSteps) <= 1e-12)
    #expect(abs(statistics.meanRemainder - expected.meanRemainder) <= streamed.tolerance)
    #expect(statistics.milliseconds(0.5) > 0)
}

private func isClose(_ found: [Float], _ wanted: [Float], _ tolerance: Double) -> Bool {
    found.count == wanted.count
        && zip(found, wanted).allSatisfy {
            Double(abs($0 - $1)) <= tolerance * (1 + Double(abs($1)))
        }
}

@Test func aMazeIsOneStep() async throws {
    let file = models.appendingPathComponent("maze-native-loop-fp32-budget/model.manifest.json")
    let opened = try await Opening.open(file, [NativeEngine()])
    let golden = try Golden.read(
        opened.manifest,
        file.deletingLastPathComponent().appendingPathComponent("model.golden.npz"))
    let streamer = try ActStreamer(opened.manifest, opened.model)
    let step = try await streamer.step(floats(golden.inputs(0)["x"]))
    #expect(step.y.count == 11 * 11)
    #expect(
        step.ponderSteps.map(Int32.init) == (golden.outputs(0)["ponder_steps"] as? Ints)?.values)
    await streamer.setBudget(Budget(haltThreshold: 1, maxPonder: 2))
    #expect(try await streamer.step(floats(golden.inputs(0)["x"])).ponderSteps == [2])
}

@Test func aBudgetActsAtOnce() async throws {
    let file = models.appendingPathComponent("charlm-native-loop-fp32-budget/model.manifest.json")
    let opened = try await Opening.open(file, [NativeEngine()])
    let streamer = try ActStreamer(opened.manifest, opened.model)
    var most = 0
    for _ in 0..<8 { most = max(most, try await streamer.step(0x65).ponderSteps[0]) }
    #expect(most > 1)
    await streamer.setBudget(Budget(haltThreshold: 5, maxPonder: 1))
    for _ in 0..<8 { #expect(try await streamer.step(0x65).ponderSteps == [1]) }
    await expectRefusal("a token outside the vocabulary") { _ = try await streamer.step(256) }
}

private let charlm = "charlm-native-loop-fp32-budget"

/// A spoilt export and the reason why it is refused.
struct Spoilt: Sendable, CustomTestStringConvertible {
    let export: String
    let reason: String
    let spoil: @Sendable (URL) throws -> Void

    var testDescription: String { "\(export): \(reason)" }

    init(
        _ reason: String, of export: String = charlm,
        _ spoil: @escaping @Sendable (URL) throws -> Void
    ) {
        self.export = export
        self.reason = reason
        self.spoil = spoil
    }
}

/// Give the artefact other bytes, and the manifest their hash.
private func replaceArtefact(_ folder: URL, _ bytes: Data) throws {
    let artefact = folder.appendingPathComponent("model.actn")
    let before = try Opening.digest(artefact)
    try bytes.write(to: artefact)
    let after = try Opening.digest(artefact)
    try changeManifest(folder) { $0.replacing(before, with: after) }
}

private func changeManifest(_ folder: URL, _ change: (String) -> String) throws {
    let file = folder.appendingPathComponent("model.manifest.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    try change(text).write(to: file, atomically: true, encoding: .utf8)
}

private let notItsManifest =
    "model.actn: the native engine refuses it: not the model of its manifest"

/// Those whose manifest and golden bundle are both spoilt are made by tests/ios/spoilt.py.
private let spoilt: [Spoilt] = [
    Spoilt("model.golden.npz: not a readable .npz (there is no such file)") {
        try FileManager.default.removeItem(at: $0.appendingPathComponent("model.golden.npz"))
    },
    Spoilt("model.actn: missing: it belongs beside model.manifest.json") {
        try FileManager.default.removeItem(at: $0.appendingPathComponent("model.actn"))
    },
    Spoilt("model.actn: not the file that model.manifest.json is about") {
        let file = $0.appendingPathComponent("model.actn")
        try (Data(contentsOf: file) + [0]).write(to: file)
    },
    Spoilt("model.actn: cannot be read (not a regular file)") {
        let file = $0.appendingPathComponent("model.actn")
        let moved = $0.appendingPathComponent("moved.actn")
        try FileManager.default.moveItem(at: file, to: moved)
        try FileManager.default.createSymbolicLink(at: file, withDestinationURL: moved)
    },
    Spoilt("model.golden.npz: not the golden bundle of model.actn") {
        let file = $0.appendingPathComponent("model.golden.npz")
        let other = models.appendingPathComponent("parity-native-loop-fp32/model.golden.npz")
        try Data(contentsOf: other).write(to: file)
    },
    Spoilt("model.actn: the native engine refuses it: not an .actn file") {
        try replaceArtefact($0, Data(repeating: 7, count: 1000))
    },
    Spoilt(notItsManifest) {
        let other = models.appendingPathComponent("parity-native-loop-fp32/model.actn")
        try replaceArtefact($0, Data(contentsOf: other))
    },
    Spoilt("model.actn: wrong on this device with native engine, ") {
        let other = models.appendingPathComponent("charlm-native-loop-int8/model.actn")
        try replaceArtefact($0, Data(contentsOf: other))
    },
    Spoilt(notItsManifest, of: "spoilt-no-time-axis") { _ in },
    Spoilt(notItsManifest, of: "spoilt-maze-with-state") { _ in },
    Spoilt("model.manifest.json: not a whole manifest (outputs)", of: "spoilt-whole-y") { _ in },
    Spoilt("kernels: the runtime returned no 'extra'", of: "spoilt-more-outputs") { _ in },
]

@Test(arguments: spoilt)
func wrongFilesAreRefusedWithTheirNames(spoilt: Spoilt) async throws {
    let copy = try scratch().appendingPathComponent("spoilt")
    try FileManager.default.copyItem(at: models.appendingPathComponent(spoilt.export), to: copy)
    try spoilt.spoil(copy)
    await expectRefusal(spoilt.reason) {
        _ = try await Opening.open(
            copy.appendingPathComponent("model.manifest.json"), [NativeEngine()])
    }
}

/// Answers as another model does, with an output more.
private struct Extended: StepModel {
    let model: any StepModel
    let extra: Ints
    var backend: String { model.backend }

    func call(_ inputs: Tensors) async throws -> Tensors {
        try await model.call(inputs).merging(["extra": extra]) { $1 }
    }
}

@Test(arguments: [(2, nil), (1, "'extra' has 1 numbers, not 2")])
func everyOutputsSizeIsChecked(size: Int, wrong: String?) async throws {
    let folder = models.appendingPathComponent("spoilt-more-outputs")
    let manifest = try Manifest.read(folder.appendingPathComponent("model.manifest.json"))
    let golden = try Golden.read(manifest, folder.appendingPathComponent("model.golden.npz"))
    let file = models.appendingPathComponent("\(charlm)/model.manifest.json")
    let opened = try await Opening.open(file, [NativeEngine()])
    let extra = Ints([size], [Int32](repeating: 0, count: size))
    #expect(try await golden.check(Extended(model: opened.model, extra: extra)) == wrong)
}

/// Python's hashes of folders, in tests/ios/test_kit.py.
@Test func foldersHaveTheHashOfTheirFiles() throws {
    for export in try Case.all() {
        let file = models.appendingPathComponent(export.manifest)
        let manifest = try Manifest.read(file)
        let artefact = file.deletingLastPathComponent().appendingPathComponent(manifest.artefact)
        #expect(try Opening.digest(artefact) == manifest.sha256, "\(export.name)")
    }
}
