import ActKit
import Foundation
import Testing

/// The folder that tests/ios/test_kit.py names in a variable.
func folder(_ variable: String) -> URL {
    URL(fileURLWithPath: ProcessInfo.processInfo.environment[variable]!, isDirectory: true)
}

func floats(_ tensor: (any Tensor)?) -> [Float] { (tensor as? Floats)?.values ?? [] }

/// A new folder of a test's own, in a temporary one that ends with the run.
func scratch() throws -> URL {
    let made = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
    return made
}

/// Expect `Refused` with these words, in one line.
func expectRefusal(
    _ words: String, sourceLocation: SourceLocation = #_sourceLocation,
    refused: () async throws -> Void
) async {
    await #expect(sourceLocation: sourceLocation) {
        try await refused()
    } throws: { error in
        guard let message = (error as? Refused)?.message else { return false }
        return message.contains(words) && !message.contains(where: \.isNewline)
    }
}

/// Random numbers that are the same in each run (SplitMix64).
struct Repeatable: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
