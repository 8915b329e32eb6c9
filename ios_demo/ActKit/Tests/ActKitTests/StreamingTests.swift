import ActKit
import Testing

/// A manifest of one layer: x of 2 features, h0 of 3, y of 1, with budget inputs.
let example = """
    {"format": "act-mobile/manifest/1", "artefact": "m.onnx", "target": "onnx",
    "ponder": "loop", "sequence": "stream", "precision": "fp32", "batch": 1, "inputs": [
    {"name": "x", "dtype": "float32", "shape": [1, 2], "default": null},
    {"name": "h0", "dtype": "float32", "shape": [1, 3], "default": null},
    {"name": "halt_threshold", "dtype": "float32", "shape": [1], "default": 0.99},
    {"name": "max_ponder", "dtype": "int32", "shape": [1], "default": 5}], "outputs": [
    {"name": "y", "dtype": "float32", "shape": [1, 1], "default": null},
    {"name": "ponder_steps", "dtype": "int32", "shape": [1, 1], "default": null},
    {"name": "remainder", "dtype": "float32", "shape": [1, 1], "default": null},
    {"name": "h0_out", "dtype": "float32", "shape": [1, 3], "default": null}],
    "states": [{"input": "h0", "output": "h0_out", "initial": 0.5}], "axes": [],
    "model": {"model": "sequence"}, "task": {}, "epsilon": 0.01, "max_ponder": 5, "metric": null,
    "labels": null, "vocabulary": null, "parts": [], "sha256": "0", "size": 1, "created": "now"}
    """

/// Adds x's sum to each number of the state; N is the limit that it is given.
private struct Summing: StepModel {
    let backend = "test"

    func call(_ inputs: Tensors) async throws -> Tensors {
        let x = floats(inputs["x"]).reduce(0, +)
        await Task.yield()
        let h = floats(inputs["h0"]).map { $0 + x }
        return [
            "y": Floats([1, 1], [h[0]]),
            "ponder_steps": Ints([1, 1], [Int32(inputs["max_ponder"]!.scalar)]),
            "remainder": Floats([1, 1], [1 - inputs["halt_threshold"]!.scalar]),
            "h0_out": Floats([1, 3], h),
        ]
    }
}

private func streamer() throws -> ActStreamer {
    try ActStreamer(Manifest.parse(example, "m"), Summing())
}

@Test func theStateIsKeptAndResetAndRestored() async throws {
    let streamer = try streamer()
    #expect(try await streamer.step([0, 1]).y == [1.5])
    let saved = await streamer.save()
    #expect(try await streamer.step([1, 1]).y == [3.5])
    await streamer.restore(saved)
    #expect(try await streamer.step([1, 0]).y == [2.5])
    await streamer.reset()
    #expect(try await streamer.step([0, 0]).y == [0.5])
}

@Test func theBudgetHoldsFromTheNextStepOn() async throws {
    let streamer = try streamer()
    #expect(streamer.defaultBudget == Budget(haltThreshold: 0.99, maxPonder: 5))
    #expect(await streamer.budget == streamer.defaultBudget)
    await streamer.setBudget(Budget(haltThreshold: 0.75, maxPonder: 2))
    let step = try await streamer.step([0, 0])
    #expect(step.ponderSteps == [2])
    #expect(step.remainder == [0.25])
}

@Test func inputsOfAnotherKindAreRefused() async throws {
    let streamer = try streamer()
    await expectRefusal("the model takes 2 floats, not 1") { _ = try await streamer.step([1]) }
    await expectRefusal("the model takes [1, 2] floats, not a token") {
        _ = try await streamer.step(3)
    }
    let pair = example.replacing(
        "\"dtype\": \"float32\", \"shape\": [1, 2]", with: "\"dtype\": \"int32\", \"shape\": [1, 2]")
    let tokens = try ActStreamer(Manifest.parse(pair, "m"), Summing())
    await expectRefusal("the model takes [1, 2] tokens, not a token") {
        _ = try await tokens.step(3)
    }
    let long = try Manifest.parse(example.replacing("\"stream\"", with: "32"), "m")
    await expectRefusal("32 time steps") { _ = try ActStreamer(long, Summing()) }
}

/// Holds each call until `open`.
private actor Gate: StepModel {
    nonisolated let backend = "test"
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var arrived: [CheckedContinuation<Void, Never>] = []

    func call(_ inputs: Tensors) async throws -> Tensors {
        await withCheckedContinuation { held in
            waiting.append(held)
            for each in arrived { each.resume() }
            arrived = []
        }
        return try await Summing().call(inputs)
    }

    func isCalled() async {
        if waiting.isEmpty { await withCheckedContinuation { arrived.append($0) } }
    }

    func open() {
        for each in waiting { each.resume() }
        waiting = []
    }
}

@Test func aSecondStepIsRefusedWhileOneRuns() async throws {
    let gate = Gate()
    let streamer = try ActStreamer(Manifest.parse(example, "m"), gate)
    async let first = streamer.step([1, 1])
    await gate.isCalled()
    await expectRefusal("a time step is running") { _ = try await streamer.step([1, 1]) }
    await gate.open()
    #expect(try await first.y == [2.5])
}

@Test func aResetOvertakesAStep() async throws {
    let gate = Gate()
    let streamer = try ActStreamer(Manifest.parse(example, "m"), gate)
    async let first = streamer.step([1, 1])
    await gate.isCalled()
    await streamer.reset()
    await gate.open()
    _ = try await first
    #expect(floats(await streamer.save()["h0"]) == [0.5, 0.5, 0.5])
}

/// The parts of a loop that adds 0.4 to a sum, and the names of those that were called.
private actor Adding: PartModel {
    nonisolated let backend = "test"
    var called: [String] = []

    func call(_ part: String, _ inputs: Tensors) throws -> Tensors {
        called.append(part)
        let sum = (inputs["sum"]?.scalar ?? 0) + (part == "step" ? 0.4 : 0)
        return part == "finish"
            ? ["y": Floats(sum)] : ["sum_out": Floats(sum), "progress_out": Floats(sum)]
    }
}

@Test(arguments: [(Float(0.9), 3), (0, 0)])
func theHostFormRepeatsItsStepBelowTheThreshold(limit: Float, steps: Int) async throws {
    let parts = [
        Part(name: "begin", inputs: ["x"], outputs: ["sum_out", "progress_out"]),
        Part(
            name: "step", inputs: ["sum"], outputs: ["sum_out", "progress_out"],
            progress: "progress", threshold: .value("limit")),
        Part(name: "finish", inputs: ["sum"], outputs: ["y"]),
    ]
    let (model, (told, tell)) = (Adding(), AsyncStream.makeStream(of: Void.self))
    let driven = HostDriven(parts, model) { tell.yield() }
    let y = try await driven.call(["x": Floats(0), "limit": Floats(limit)])["y"]?.scalar
    tell.finish()
    #expect(abs((y ?? .nan) - 0.4 * Float(steps)) < 1e-6)
    #expect(
        await model.called == ["begin"] + [String](repeating: "step", count: steps) + ["finish"])
    #expect(await told.reduce(0) { count, _ in count + 1 } == steps)
}

@Test func aPartWithoutItsValueIsRefused() async {
    let part = Part(name: "step", inputs: ["c0"], outputs: [], progress: nil, threshold: nil)
    await expectRefusal("a part needs 'c0'") {
        _ = try await HostDriven([part], Adding()).call([:])
    }
}

@Test func statisticsAreThoseOfTheSteps() {
    var statistics = PonderStatistics(4)
    #expect(statistics.milliseconds(0.5).isNaN && statistics.meanPonderSteps.isNaN)
    for i in 1...100 {
        statistics.add(
            Step(
                y: [], ponderSteps: [i % 2 == 0 ? 2 : 4], remainder: [0.25],
                nanoseconds: Int64(i) * 1_000_000))
    }
    #expect(statistics.histogram == [0, 0, 50, 0, 50])
    #expect(statistics.meanPonderSteps == 3)
    #expect(statistics.meanRemainder == 0.25)
    #expect(statistics.milliseconds(0.5) == 50)
    #expect(statistics.milliseconds(0.95) == 95)
}

@Test(arguments: ["", "abc", "Grüße", "漢字かな", "السلام", "👩‍👩‍👧 e\u{301}", "a\0b"])
func textInAnyScriptIsBytesAndComesBack(text: String) {
    #expect(ByteText.text(ByteText.tokens(text)) == text)
    let characters = ByteText.characters(text)
    #expect(characters.reduce(0) { $0 + $1.bytes } == ByteText.tokens(text).count)
    #expect((characters.last?.end ?? 0) == text.utf16.count)
    #expect(zip(characters, characters.dropFirst()).allSatisfy { $0.end == $1.start })
}

@Test func bytesThatAreNoTextAreReplaced() {
    #expect(ByteText.text([0xc3]) == "\u{fffd}")
    #expect(ByteText.text([0x61, 0xff, 0x62]) == "a\u{fffd}b")
}
