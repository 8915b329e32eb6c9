import ActKit
import Foundation
import Testing

@testable import ActDemoCore

@MainActor
struct TextTests {
    @Test func aTextIsReadAndCounted() async throws {
        let session = try makeSession()
        let model = try await session.opened("charlm-native", TextModel.self)
        model.run()
        await model.finish()
        let reading = try #require(model.reading)
        #expect(reading.text == session.words(.sample))
        #expect(reading.statistics.steps == reading.text.utf8.count)
        #expect(reading.marks.map(\.text).joined() == reading.text)
        #expect(reading.marks.allSatisfy { (1...model.maxPonder).contains($0.ponderSteps ?? 0) })
        #expect(model.summary.hasPrefix("42 bytes read, "))
        #expect(model.outcome?.detail.contains("N = ") == true)
        #expect(session.report?.hasSuffix("charlm-native, \(session.open?.backend ?? "")") == true)
    }

    @Test(arguments: [
        "", "\n\r\n\t ", "e\u{301}👩‍👩‍👧 日本", "\u{feff}\u{202e}abc\u{0}",
        String(repeating: "x", count: 4100),
    ])
    func anyTextIsRead(text: String) async throws {
        let model = try await makeSession().opened("charlm-native", TextModel.self)
        model.text = text
        await model.finish()
        let reading = try #require(model.reading)
        #expect(reading.statistics.steps == text.utf8.count)
        #expect(reading.marks.map(\.text).joined() == String(text.prefix(TextReading.shown)))
        #expect(model.refusal == nil)
        #expect(model.summary.isEmpty == false)
    }

    @Test func twoTokensAStepAreNoText() throws {
        let file = given("ACT_DEMO_MODELS").appendingPathComponent(
            "charlm-native/model.manifest.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(TextModel.takes(try Manifest.parse(text, "m")))
        let pair = text.replacing(
            /("name": "tokens",\s+"dtype": "int32",\s+"shape": \[\s+1)/) { "\($0.1), 2" }
        #expect(pair != text)
        #expect(!TextModel.takes(try Manifest.parse(pair, "m")))
    }

    @Test func theFirstBytesOfALongTextAreRead() async throws {
        let session = try makeSession()
        _ = try await session.opened("charlm-native", TextModel.self)
        let open = try #require(session.open)
        let streamer = try ActStreamer(open.manifest, open.model)
        let read = try await TextReading.read(
            "äää", streamer, nil, open.manifest.maxPonder, most: 5)
        #expect(read.isCut && read.statistics.steps == 5)
        #expect(read.marks.map { $0.ponderSteps == nil } == [false, false, true])
    }

    @Test func theBudgetActsAtOnce() async throws {
        let session = try makeSession()
        let model = try await session.opened("charlm-native", TextModel.self)
        model.text = "The budget acts at once."
        await model.finish()
        let free = try #require(model.statistics).meanPonderSteps
        session.limit = 1
        await model.finish()
        #expect(model.statistics?.meanPonderSteps == 1)
        session.limit = Double(session.open?.manifest.maxPonder ?? 0)
        session.threshold = Double(OpenModel.place(session.open?.ownBudget?.haltThreshold ?? 0))
        await model.finish()
        #expect(model.statistics?.meanPonderSteps == free)
        #expect(session.open?.budget == session.open?.ownBudget)
        session.threshold = 0
        await model.finish()
        #expect(model.statistics?.meanPonderSteps == 1)
    }

    @Test func aNewTextCancelsTheOldOne() async throws {
        let model = try await makeSession().opened("charlm-native", TextModel.self)
        model.text = String(repeating: "long ", count: 10_000)
        model.text = "short"
        await model.finish()
        #expect(model.reading?.text == "short")
        #expect(!model.isReading)
    }

    @Test func linesBreakWhereWordsEnd() {
        let marks = TextReading.marks("one two\nincomprehensible 日本語 x", [])
        let lines = TextLines(marks, columns: 8).lines
        #expect(lines.map(\.text) == ["one two\n", "incompre", "hensible", " 日本語 ", "x"])
        #expect(lines.flatMap(\.cells).map(\.id) == Array(marks.indices))
        #expect(lines[3].cells.map(\.width) == [1, 2, 2, 2, 1])
        #expect(lines[0].cells.last?.shown == "↵")
        #expect(lines[0].meanPonderSteps == nil)
    }

    @Test(arguments: [0, 1, 2, 7, 40])
    func everyCharacterHasOnePlace(columns: Int) {
        let text = "To be, or not to be:\n\n日本 that\tis 👍🏽 the question."
        let marks = TextReading.marks(text, [])
        let lines = TextLines(marks, columns: columns).lines
        #expect(lines.flatMap(\.cells).map(\.mark) == marks)
        let widths = lines.map { $0.cells.reduce(0) { $0 + $1.width } }
        #expect(widths.allSatisfy { $0 <= max(2, columns) })
        #expect(Set(lines.map(\.id)).count == lines.count)
    }

    @Test func theNOfACharacterIsTheMostOfItsBytes() {
        let marks = TextReading.marks("aäb", [1, 2, 5, 3])
        #expect(marks.map(\.ponderSteps) == [1, 5, 3])
        #expect(TextReading.marks("aäb", [1, 2]).map(\.ponderSteps) == [1, nil, nil])
    }
}
