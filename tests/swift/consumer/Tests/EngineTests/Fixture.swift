import Act
import Foundation
import Testing

/// The folder with model.actn and golden.json, which tests/swift/test_package.py writes.
let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["ACT_GOLDEN"]!)

/// A call of the model's golden bundle: one time step from a state of its own, and its answer.
struct GoldenCall: Decodable, Sendable, CustomTestStringConvertible {
    struct Tolerance: Decodable {
        let y, remainders, nextState: [Float]
    }

    let x, state: [Float]
    let y, remainders, nextState: [Float]
    let ponderSteps: [Int]
    let tolerance: Tolerance

    var testDescription: String { "y \(y), N \(ponderSteps)" }

    static func all() throws -> [GoldenCall] {
        let data = try Data(contentsOf: folder.appendingPathComponent("golden.json"))
        return try JSONDecoder().decode([GoldenCall].self, from: data)
    }
}

func openModel() throws -> ActModel {
    try ActModel(path: folder.appendingPathComponent("model.actn").path)
}
