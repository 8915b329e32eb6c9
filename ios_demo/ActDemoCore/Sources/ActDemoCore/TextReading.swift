import ActKit

/// The result of reading a text.
public struct TextReading: Sendable {
    /// A part of the text, drawn as one, and its N; nil where it has not been read.
    public struct Mark: Sendable, Equatable {
        public let text: String
        public let ponderSteps: Int?
    }

    /// Bytes that are read.
    public static let mostBytes = 1 << 16

    /// Characters that are coloured.
    public static let shown = 4000

    public let text: String
    /// The first `shown` characters with their N.
    public let marks: [Mark]
    public let statistics: PonderStatistics
    /// True if bytes after the first were left out.
    public let isCut: Bool

    /// Read a text from the start of a sequence.
    ///
    /// The N of a character, as a reader sees it, is the most of its bytes.
    ///
    /// - Parameter most: bytes that are read.
    /// - Throws: `CancellationError` if the task was cancelled; `Refused`.
    static func read(
        _ text: String, _ streamer: ActStreamer, _ budget: Budget?, _ maxPonder: Int,
        most: Int = mostBytes
    ) async throws -> TextReading {
        let tokens = ByteText.tokens(text)
        var statistics = PonderStatistics(maxPonder)
        var steps: [Int] = []
        if let budget { await streamer.setBudget(budget) }
        await streamer.reset()
        for token in tokens.prefix(most) {
            try Task.checkCancellation()
            let step = try await streamer.step(token)
            statistics.add(step)
            steps.append(step.ponderSteps[0])
        }
        return TextReading(
            text: text, marks: marks(text, steps), statistics: statistics,
            isCut: tokens.count > steps.count)
    }

    /// A text's characters and their N, from the N of its bytes; of bytes that were not read it is nil.
    static func marks(_ text: String, _ steps: [Int]) -> [Mark] {
        var at = 0
        return text.prefix(shown).map { character in
            let bytes = at..<at + character.utf8.count
            at = bytes.upperBound
            let n = bytes.upperBound <= steps.count ? steps[bytes].max() : nil
            return Mark(text: String(character), ponderSteps: n)
        }
    }
}
