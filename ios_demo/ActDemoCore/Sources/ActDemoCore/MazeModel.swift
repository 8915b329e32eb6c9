import ActKit
import Foundation

#if canImport(Combine)
    import Combine
#endif

/// A maze to draw in, and the net's way through it, ponder step by ponder step.
@MainActor
public final class MazeModel: ScreenModel {
    private enum Held {
        case start, goal
        /// Walls that the finger opens or shuts.
        case walls(opens: Bool)
    }

    private static let usual = 9

    private let open: OpenModel
    private let settings: Settings
    private let words: Words
    private let streamer: ActStreamer
    private let job = Job()
    private let player = Job()
    private var held: Held?

    /// Cells a side of the net's input.
    public let largest: Int
    @Published public private(set) var maze: Maze
    @Published public private(set) var reading: MazeReading?
    /// The frame that is shown.
    @Published public private(set) var shown = 0
    @Published public private(set) var isPlaying = false
    @Published public private(set) var isThinking = false
    @Published public private(set) var refusal: String?

    public static func takes(_ manifest: Manifest) -> Bool {
        guard manifest.task == "maze", manifest.sequence == "whole", manifest.batch == 1,
            manifest.data.count == 1, let side = side(manifest)
        else { return false }
        return (Maze.smallest...Maze.largest).contains(side)
            && manifest.outputs.first { $0.name == "y" }?.at(1).reduce(1, *) == side * side
    }

    /// Cells a side of the net's input; nil if that is no square of a maze's channels.
    private static func side(_ manifest: Manifest) -> Int? {
        let shape = manifest.data[0].shape
        guard shape.count == 4, shape[1] == Maze.channels, shape[2] == shape[3] else { return nil }
        return shape[2]
    }

    public convenience init(_ open: OpenModel, _ settings: Settings, _ words: Words) throws {
        guard let side = Self.side(open.manifest) else {
            throw Refused("\(open.manifest.artefact): takes no maze")
        }
        try self.init(open, settings, words, side)
    }

    private init(_ open: OpenModel, _ settings: Settings, _ words: Words, _ largest: Int) throws {
        self.open = open
        self.settings = settings
        self.words = words
        self.largest = largest
        streamer = try ActStreamer(open.manifest, open.model)
        var random = SystemRandomNumberGenerator()
        let kept = settings[.maze].flatMap { Maze(text: $0) }
        let isFitting = (kept?.side ?? .max) <= largest
        let fresh = Maze.random(min(Self.usual, largest), using: &random)
        maze = isFitting ? kept ?? fresh : fresh
    }

    public var statistics: PonderStatistics? { reading?.times }

    public var times: String { words.answerTimes(statistics) }

    public func run() {
        pause()
        reading = nil
        refusal = nil
        isThinking = true
        let maze = maze
        job.start { [weak self] in await self?.read(maze) }
    }

    public func stop() {
        pause()
        job.cancel()
        isThinking = false
    }

    public func finish() async { await job.finish() }

    private func read(_ maze: Maze) async {
        do {
            let read = try await MazeReading.read(
                maze, streamer, open.budget, largest, open.manifest.maxPonder)
            if Task.isCancelled { return }
            reading = read
            shown = read.frames.count - 1
            isThinking = false
        } catch is CancellationError {
            return
        } catch {
            refusal = reason(error)
            isThinking = false
        }
    }

    /// Answer another maze.
    public func change(_ to: Maze) {
        maze = to
        settings[.maze] = to.text
        run()
    }

    /// A maze of so many cells a side, within what the net takes.
    public func fresh(_ side: Int) {
        var random = SystemRandomNumberGenerator()
        change(Maze.random(min(max(side, Maze.smallest), largest), using: &random))
    }

    // MARK: Steps

    /// Show a frame; out of range counts as the nearest.
    public func show(_ frame: Int) {
        guard let reading else { return }
        shown = min(max(frame, 0), reading.frames.count - 1)
    }

    /// The frame that is shown, as a slider has it; to set it ends playing.
    public var place: Double {
        get { Double(shown) }
        set {
            pause()
            show(Int(newValue.rounded()))
        }
    }

    public func play() {
        guard let reading else { return }
        if shown == reading.frames.count - 1 { shown = 0 }
        isPlaying = true
        player.start { [weak self] in
            while let self, self.isPlaying {
                guard (try? await Task.sleep(nanoseconds: 350_000_000)) != nil else { return }
                if !self.forward() { self.isPlaying = false }
            }
        }
    }

    public func pause() {
        isPlaying = false
        player.cancel()
    }

    /// Show the next frame; false where that is the last.
    private func forward() -> Bool {
        show(shown + 1)
        return shown < (reading?.frames.count ?? 0) - 1
    }

    // MARK: Touches

    /// A finger comes down, or moves, at a point of the board whose width is 1.
    public func touch(_ x: Double, _ y: Double) {
        let board = MazeBoard(maze)
        guard let cell = board.cell(x, y) else { return }
        let wall = board.wall(x, y)
        if held == nil {
            switch cell {
            case maze.start: held = .start
            case maze.goal: held = .goal
            default: held = wall.map { .walls(opens: !maze.isOpen($0.cell, $0.side)) }
            }
        }
        switch held {
        case .start where cell != maze.start: maze.withStart(cell).map(change)
        case .goal where cell != maze.goal: maze.withGoal(cell).map(change)
        case .walls(let opens):
            if let wall, maze.isOpen(wall.cell, wall.side) != opens {
                maze.withWall(wall.cell, wall.side, isOpen: opens).map(change)
            }
        default: break
        }
    }

    /// The finger is gone.
    public func release() { held = nil }

    // MARK: Words

    /// The answer that is shown; nil before there is one.
    public var answer: [Float]? { reading?.frames[shown] }

    public var stepWords: String {
        guard let reading, let last = reading.steps.last else { return "" }
        return words(.stepOf, words.number(reading.steps[shown]), words.number(last))
    }

    /// The net's answer after the step that is shown.
    public var verdict: String { verdict(shown) }

    private func verdict(_ frame: Int) -> String {
        guard let reading else { return refusal ?? words(isThinking ? .thinking : .noResult) }
        guard let right = reading.right(frame), let length = maze.solution().length else {
            return words(.noWay)
        }
        let isLast = frame == reading.frames.count - 1
        return words(
            isLast ? .mazeVerdict : .mazeAfter, words.number(reading.steps[frame]),
            words.number(right), words.number(maze.cells), words.number(length))
    }

    public var boardWords: String { words(.boardWords, words.number(maze.side), verdict) }

    public var outcome: Outcome? {
        guard let reading else { return nil }
        let summary = verdict(reading.frames.count - 1)
        return Outcome(summary: summary, detail: "\(summary)\n\(maze.text)")
    }

    /// A cell as it is read out: its row and column, its ends and walls, and the net's answer.
    public func words(of cell: Int) -> String {
        let (row, column) = (cell / maze.side + 1, cell % maze.side + 1)
        var parts = [words(.cell, words.number(row), words.number(column))]
        if cell == maze.start { parts.append(words(.start)) }
        if cell == maze.goal { parts.append(words(.goal)) }
        let walls = Maze.Side.allCases.filter { !maze.isOpen(cell, $0) }.map { words($0.word) }
        if !walls.isEmpty { parts.append(words(.walls, walls.joined(separator: ", "))) }
        if let answer {
            parts += answerWords(MazeReading.isOn(answer[cell]), maze.solution(), cell)
        }
        return parts.joined(separator: ", ")
    }

    private func answerWords(_ isOn: Bool, _ solution: Maze.Solution, _ cell: Int) -> [String] {
        let isComparable = solution.length != nil
        switch (isOn, solution.cells[cell]) {
        case (true, false) where isComparable: return [words(.onWayWrong)]
        case (true, _): return [words(.onWay)]
        case (false, true): return [words(.onWayMissing)]
        case (false, false): return []
        }
    }

    /// The walls of a cell that can be set or removed, with the words for it.
    public func changes(of cell: Int) -> [(side: Maze.Side, words: String)] {
        Maze.Side.allCases.filter { maze.beside(cell, $0) != nil }.map { side in
            let word: Word = maze.isOpen(cell, side) ? .setWall : .removeWall
            return (side, words(word, words(side.word)))
        }
    }

    public func turnWall(_ cell: Int, _ side: Maze.Side) {
        maze.withWall(cell, side, isOpen: !maze.isOpen(cell, side)).map(change)
    }

    /// Place an end of the way; nothing where the other is.
    public func placeStart(_ cell: Int) { maze.withStart(cell).map(change) }

    public func placeGoal(_ cell: Int) { maze.withGoal(cell).map(change) }
}

extension Maze.Side {
    var word: Word {
        switch self {
        case .right: .right
        case .below: .below
        case .left: .left
        case .above: .above
        }
    }
}
