import ActKit
import Foundation
import Testing

@testable import ActDemoCore

/// Mazes without a model.
struct MazeTests {
    @Test(arguments: [3, 9, 19])
    func randomMazesHaveOneWayBetweenAnyTwoCells(side: Int) {
        var random = SystemRandomNumberGenerator()
        let maze = Maze.random(side, using: &random)
        let doors = (0..<maze.cells).map { cell in
            Maze.Side.allCases.count { maze.isOpen(cell, $0) }
        }
        #expect(doors.reduce(0, +) / 2 == maze.cells - 1)
        let solution = maze.solution()
        #expect(solution.cells.count { $0 } == (solution.length ?? -2) + 1)
        #expect(solution.cells[maze.start] && solution.cells[maze.goal])
        #expect(Maze(text: maze.text) == maze)
    }

    @Test(arguments: [
        "", "3", "3 0 8 000000000 ", "2 0 3 0000", "65 0 1 0", "3 0 0 000000000", "3 0 9 000000000",
        "3 -1 2 000000000", "3 0 1 00000000g", "3 0 1 éééé", "3 0 1 ００００００００",
    ])
    func textThatIsNoMazeIsNone(text: String) {
        #expect(Maze(text: text) == nil)
    }

    @Test func wallsCloseBothSidesAndTheEdgeStays() throws {
        let shut = try #require(Maze(text: "3 0 8 000000000"))
        #expect(shut.solution().length == nil)
        let opened = try #require(shut.withWall(4, .right, isOpen: true))
        #expect(opened.isOpen(5, .left))
        #expect(opened.withWall(5, .left, isOpen: false) == shut)
        #expect(shut.withWall(0, .above, isOpen: true) == nil)
        #expect(shut.withStart(8) == nil)
        #expect(shut.withGoal(0) == nil)
    }

    @Test func inputHasTheChannelsOfTheTask() throws {
        let maze = try #require(Maze(text: "3 4 8 000000000")?.withWall(0, .right, isOpen: true))
        let x = maze.input(5)
        let ones = x.indices.filter { x[$0] == 1 }
        // Right of cell 0; left of cell 1; 9 cells; the start; the goal.
        let expected = [0, 51, 100, 101, 102, 105, 106, 107, 110, 111, 112, 131, 162]
        #expect(ones == expected)
    }

    @Test func aPointIsInACellAndNearAWall() throws {
        let board = MazeBoard(try #require(Maze(text: "3 0 8 000000000")))
        #expect(board.cell(0.5, 0.5) == 4)
        #expect(board.wall(0.5, 0.5) == nil)
        let right = try #require(board.wall(0.63, 0.5))
        #expect(right.cell == 4 && right.side == .right)
        let above = try #require(board.wall(0.5, 0.36))
        #expect(above.cell == 4 && above.side == .above)
        for (x, y) in [(0.01, 0.5), (0.5, 0.99), (-1.0, 0.5), (.nan, 0.5), (.infinity, 0.5)] {
            #expect(board.cell(x, y) == nil)
        }
    }

    @Test func wrongAndMissingCellsHaveTheirMarks() throws {
        // The way is 0, 1, 2; cell 1 is missing in the answer, cell 4 wrong.
        let maze = try #require(Maze(text: "3 0 2 154000000"))
        let answer: [Float] = [1, 0, 1, 0, 0.9, 0, 0, 0, 0]
        let drawn = MazeBoard(maze).shapes(answer)
        #expect(drawn.count { $0.ink == .wrong } == 3)
        #expect(drawn.count { $0.ink == .way } == 0)
        #expect(drawn.count { $0.ink == .answer } == 3)
        #expect(drawn.filter { $0.ink == .answer }.map(\.opacity).max() == 0.6)
        let walls = MazeBoard(maze).shapes(nil).filter { $0.ink == .ink }
        // 24 places for walls, two of which are open.
        #expect(walls.count == 22)
    }
}

/// The maze screen with the shipped net.
@MainActor
struct MazeModelTests {
    @Test func theNetFindsTheWayAndShowsItsSteps() async throws {
        let session = try makeSession()
        let model = try await session.opened("maze-native", MazeModel.self)
        model.change(try #require(Maze(text: corridor)))
        #expect(model.verdict == "Thinking")
        await model.finish()
        let reading = try #require(model.reading)
        #expect(reading.right(reading.frames.count - 1) == model.maze.cells)
        #expect(reading.steps == Array(1...reading.last.ponderSteps[0]))
        #expect(model.shown == reading.frames.count - 1)
        let n = reading.last.ponderSteps[0]
        #expect(model.verdict.hasPrefix("It stopped after \(n) ponder steps: 25 of 25"))
        let calls = try #require(model.statistics).steps
        #expect((2...20).contains(calls))
        #expect(model.times.hasPrefix("An answer takes "))
        #expect(model.times.hasSuffix("(median of \(calls) calls), \(n) ponder steps"))

        model.place = -5
        #expect(model.shown == 0)
        #expect(model.stepWords == "Answer after ponder step 1 of \(reading.last.ponderSteps[0])")
        #expect(model.verdict.hasPrefix("After 1 ponder steps"))
        model.show(1000)
        #expect(model.shown == reading.frames.count - 1)
        #expect(model.words(of: 0).hasPrefix("row 1, column 1, start, walls: "))
        #expect(model.words(of: 0).hasSuffix("answer: on the way"))
    }

    @Test func anAnswerOfAnySizeIsNoMazes() throws {
        let file = given("ACT_DEMO_MODELS").appendingPathComponent(
            "maze-native/model.manifest.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(MazeModel.takes(try Manifest.parse(text, "m")))
        // An axis of y that no axis of x decides.
        let places = /("name": "y",\s+"dtype": "float32",\s+"shape": \[\s+1,\s+)11/
        let free = text.replacing(places) { "\($0.1)null" }
        #expect(free != text)
        #expect(!MazeModel.takes(try Manifest.parse(free, "m")))
    }

    @Test func framesAreTheAnswersUnderThatLimit() async throws {
        let session = try makeSession()
        let model = try await session.opened("maze-native", MazeModel.self)
        model.change(try #require(Maze(text: corridor)))
        await model.finish()
        let second = try #require(model.reading).frames[1]
        session.limit = 2
        await model.finish()
        let limited = try #require(model.reading)
        #expect(limited.last.ponderSteps == [2])
        #expect(limited.frames.last == second)
        session.limit = 1000
        #expect(session.open?.budget?.maxPonder == session.open?.manifest.maxPonder)
    }

    @Test func aMazeWithoutAWayIsSaidSo() async throws {
        let model = try await makeSession().opened("maze-native", MazeModel.self)
        model.change(try #require(Maze(text: "3 0 8 000000000")))
        await model.finish()
        #expect(model.verdict.hasPrefix("No way leads from the start to the goal."))
        #expect(model.outcome?.summary == model.verdict)
        #expect(!model.words(of: 4).contains("wrong"))
    }

    @Test func fingersDrawWallsAndDragTheEnds() async throws {
        let model = try await makeSession().opened("maze-native", MazeModel.self)
        model.change(try #require(Maze(text: "3 0 8 000000000")))
        // Along the middle line, from cell 3 to cell 5: opens what is shut.
        model.touch(0.34, 0.5)
        model.touch(0.66, 0.5)
        model.release()
        #expect(model.maze.isOpen(3, .right) && model.maze.isOpen(4, .right))
        // A second stroke that begins at an open wall shuts.
        model.touch(0.34, 0.5)
        model.touch(0.34, 0.5)
        model.release()
        #expect(!model.maze.isOpen(3, .right))
        model.touch(0.2, 0.2)
        model.touch(0.5, 0.5)
        model.touch(0.8, 0.8)
        model.release()
        #expect(model.maze.start == 4)
        model.touch(5, 5)
        await model.finish()
        #expect(model.reading?.maze == model.maze)
    }

    @Test func manyChangesInARowEndWithTheLast() async throws {
        let session = try makeSession()
        let model = try await session.opened("maze-native", MazeModel.self)
        for _ in 0..<20 { model.fresh(19) }
        await model.finish()
        #expect(model.refusal == nil)
        #expect(model.reading?.maze == model.maze)
        #expect(session.notice == nil)
    }

    @Test func whatIsStoppedSaysSoAndCanBeAskedAgain() async throws {
        let session = try makeSession()
        let model = try await session.opened("maze-native", MazeModel.self)
        model.run()
        session.memoryIsShort(isActive: true)
        await model.finish()
        #expect(model.reading == nil && model.verdict == "There is no result yet.")
        #expect(session.notice == "Memory is short: what was running has been stopped.")
        model.run()
        await model.finish()
        #expect(model.reading != nil)
    }

    @Test func playingBeginsAnewAndIsPaused() async throws {
        let model = try await makeSession().opened("maze-native", MazeModel.self)
        model.change(try #require(Maze(text: "3 0 1 140000000")))
        await model.finish()
        model.play()
        #expect(model.isPlaying && model.shown == 0)
        model.pause()
        #expect(!model.isPlaying)
        model.stop()
    }

    @Test func wallsAndEndsAreChangedWithoutAFinger() async throws {
        let model = try await makeSession(language: "de").opened("maze-native", MazeModel.self)
        model.change(try #require(Maze(text: "3 0 8 000000000")))
        #expect(
            model.changes(of: 0).map(\.words) == [
                "Wand entfernen: rechts", "Wand entfernen: unten",
            ])
        model.turnWall(0, .right)
        #expect(model.changes(of: 0).map(\.words).first == "Wand setzen: rechts")
        model.placeGoal(4)
        model.placeStart(4)
        #expect(model.maze.goal == 4 && model.maze.start == 0)
        #expect(
            model.words(of: 4).hasPrefix(
                "Zeile 2, Spalte 2, Ziel, Wände: rechts, unten, links, oben"))
    }

    /// Five by five: along the first row, down the last column.
    private let corridor: String = {
        var maze = Maze(text: "5 0 24 " + String(repeating: "0", count: 25))
        for cell in 0..<4 { maze = maze?.withWall(cell, .right, isOpen: true) }
        for row in 0..<4 { maze = maze?.withWall(5 * row + 4, .below, isOpen: true) }
        // The other cells hang on the corridor, each row on its last cell.
        for row in 1..<5 {
            for column in 0..<4 { maze = maze?.withWall(5 * row + column, .right, isOpen: true) }
        }
        return maze?.text ?? ""
    }()
}
