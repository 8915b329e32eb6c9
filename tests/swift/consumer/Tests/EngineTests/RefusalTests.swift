import Act
import Foundation
import Testing

@Test func missingFile() {
    expectRefusal("the file cannot be opened or mapped") { _ = try ActModel(path: "nowhere.actn") }
}

@Test func fileOfAnotherKind() {
    let path = folder.appendingPathComponent("golden.json").path
    expectRefusal("not an .actn file") { _ = try ActModel(path: path) }
}

@Test(arguments: [Float.nan, -0.5, 1.5])
func thresholdOutsideItsRange(threshold: Float) throws {
    let context = try openModel().context()
    expectRefusal("the threshold is not in 0..1") {
        try context.setBudget(haltThreshold: threshold)
    }
}

@Test(arguments: [0, -1, 10_000, Int.max])
func maxPonderOutsideItsRange(maxPonder: Int) throws {
    let context = try openModel().context()
    expectRefusal("max_ponder not in 1..the model's own") {
        try context.setBudget(maxPonder: maxPonder)
    }
}

@Test func tokenForAModelOfFeatures() throws {
    let context = try openModel().context()
    expectRefusal("the model reads another of these: features, tokens, images") {
        _ = try context.step(token: 1)
    }
}

@Test func inputThatIsNotFinite() throws {
    let model = try openModel()
    let context = try model.context()
    expectRefusal("an input or a state is NaN or infinite") {
        _ = try context.step([Float](repeating: .infinity, count: model.inputSize))
    }
}

private func expectRefusal(
    _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
    refused: () throws -> Void
) {
    #expect(sourceLocation: sourceLocation) {
        try refused()
    } throws: {
        "\($0)".contains(message)
    }
}
