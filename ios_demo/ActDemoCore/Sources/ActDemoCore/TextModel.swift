import ActKit
import Foundation

#if canImport(Combine)
    import Combine
#endif

/// Text: each character with its ponder steps.
@MainActor
public final class TextModel: ScreenModel {
    private static let shared = 2000

    private let open: OpenModel
    private let settings: Settings
    private let words: Words
    private let streamer: ActStreamer
    private let job = Job()

    @Published public private(set) var reading: TextReading?
    @Published public private(set) var isReading = false
    @Published public private(set) var refusal: String?

    /// The text that is read. To set it reads it.
    @Published public var text: String {
        didSet {
            if text == oldValue { return }
            settings[.text] = String(
                decoding: text.utf8.prefix(TextReading.mostBytes), as: UTF8.self)
            run()
        }
    }

    public static func takes(_ manifest: Manifest) -> Bool {
        guard manifest.vocabulary == "bytes", manifest.sequence == "stream", manifest.batch == 1,
            manifest.data.count == 1
        else { return false }
        return !manifest.data[0].isFloat && manifest.data[0].at(1).reduce(1, *) == 1
    }

    public init(_ open: OpenModel, _ settings: Settings, _ words: Words) throws {
        self.open = open
        self.settings = settings
        self.words = words
        streamer = try ActStreamer(open.manifest, open.model)
        text = settings[.text] ?? words(.sample)
    }

    public var maxPonder: Int { open.manifest.maxPonder }
    public var statistics: PonderStatistics? { reading?.statistics }

    public var times: String { words.times(statistics) }

    public func run() {
        let text = text
        isReading = true
        refusal = nil
        job.start { [weak self] in await self?.read(text) }
    }

    public func stop() {
        job.cancel()
        isReading = false
    }

    public func finish() async { await job.finish() }

    private func read(_ text: String) async {
        do {
            let read = try await TextReading.read(text, streamer, open.budget, maxPonder)
            if Task.isCancelled { return }
            reading = read
            isReading = false
        } catch is CancellationError {
            return
        } catch {
            refusal = reason(error)
            isReading = false
        }
    }

    public var summary: String {
        guard let reading else { return refusal ?? words(isReading ? .thinking : .noResult) }
        let statistics = reading.statistics
        if statistics.steps == 0 { return words(.textEmpty) }
        let mean = words.number(statistics.meanPonderSteps, digits: 2)
        var parts = [words(.textSummary, words.number(statistics.steps), mean)]
        if reading.isCut { parts.append(words(.textCut, words.number(TextReading.mostBytes))) }
        if reading.marks.count == TextReading.shown {
            parts.append(words(.textPart, words.number(TextReading.shown)))
        }
        return parts.joined(separator: " ")
    }

    public var outcome: Outcome? {
        guard let reading else { return nil }
        let counts = words.counts(reading.statistics)
        let text = reading.text.prefix(Self.shared)
        return Outcome(summary: summary, detail: "\(text)\n\(summary)\n\(counts)")
    }

    /// A line of the coloured text as it is read out.
    public func words(of line: TextLines.Line) -> String {
        guard let mean = line.meanPonderSteps else { return line.text }
        return words(.lineWords, line.text, words.number(mean, digits: 1))
    }
}
