import ActKit
import ActKitNative
import Foundation
import Testing

private let good = ["--model", "model", "--data", "data.npz", "--rows", "rows.bin"]

/// An export of charlm and data.npz.
private let benchmark = folder("ACT_BENCHMARK")

/// test_kit.py reads there what was written.
private let results = folder("ACT_RESULTS")

@Test func rowsAreMeasured() async throws {
    let copy = results.appendingPathComponent("benchmark")
    try FileManager.default.copyItem(at: benchmark, to: copy)
    let backend = try await Benchmark.of(good + ["--runs", "2"], copy).run([NativeEngine()])
    #expect(backend.hasPrefix("native engine"))
    let brief = with("--rows", "brief.bin") + ["--max-ponder", "1", "--halt-threshold", "0.9"]
    _ = try await Benchmark.of(brief, copy).run([NativeEngine()])
}

private let wrong: [([String], String)] = [
    (good.dropLast(2) + [], "--rows is missing"),
    (good + ["--runs", "0"], "--runs is 0: --runs 1 to 100000"),
    (good + ["--runs", "two"], "--runs is two"),
    (good + ["--runs"], "--runs is without its value"),
    (good + ["--runs", "1", "--runs", "2"], "--runs is there twice"),
    (good + ["--more", "x\ny"], "argument '--more' is not known"),
    (good + ["--max-ponder", "0"], "--max-ponder is 0: --max-ponder 1 or more"),
    (good + ["--halt-threshold", "nan"], "--halt-threshold is nan"),
    (with("--rows", "../rows.bin"), "no name of a file"),
    (with("--rows", ".hidden"), "no name of a file"),
    (with("--data", "/etc/passwd"), "no name of a file"),
    (with("--data", "missing.npz"), "missing.npz: not a readable .npz"),
    (with("--data", "model.golden.npz"), "model.golden.npz: holds"),
    (with("--model", "other"), "other.manifest.json: cannot be read"),
    (with("--model", ""), "no name of a file"),
    (
        with("--data", "wide.npz"),
        "wide.npz: 'tokens' of a call is of shape [2], the model takes [1] of int32"
    ),
    (with("--data", "scalar.npz"), "scalar.npz: not of sequences and calls"),
]

@Test(arguments: wrong)
func wrongArgumentsWriteNothing(arguments: [String], reason: String) async throws {
    let copy = try scratch().appendingPathComponent("benchmark")
    try FileManager.default.copyItem(at: benchmark, to: copy)
    let before = try FileManager.default.subpathsOfDirectory(atPath: copy.path).sorted()
    await expectRefusal(reason) {
        _ = try await Benchmark.of(arguments, copy).run([NativeEngine()])
    }
    #expect(try FileManager.default.subpathsOfDirectory(atPath: copy.path).sorted() == before)
}

private func with(_ key: String, _ value: String) -> [String] {
    var given = good
    given[given.firstIndex(of: key)! + 1] = value
    return given
}

@Test func rowsAreWrittenAsTheRunnerDoes() async throws {
    let file = results.appendingPathComponent("one.bin")
    let rows = try Rows(file)
    let kept: [any Tensor] = [Ints([1, 1], [3]), Floats([1, 1], [0.25])]
    try rows.add(
        call: 2, round: 1, nanoseconds: 1_500_000_000_000, time: 1, y: Floats(0.5, -1), kept: kept)
    try rows.close()
    let bytes = try Data(contentsOf: file)
    #expect(bytes.count == 8 + 32 + 8)
    let nowhere = results.appendingPathComponent("nowhere/rows.bin")
    await expectRefusal("rows.bin: cannot be written") { _ = try Rows(nowhere) }
}
