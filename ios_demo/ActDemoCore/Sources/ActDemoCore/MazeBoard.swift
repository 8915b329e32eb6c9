/// The picture of a maze and an answer, in shapes on a board whose width and height are 1.
///
/// Fills say how sure the net is, a line and dots where it answers "on the way", a cross where that is wrong, a
/// ring where a cell of the way is missing.
public struct MazeBoard: Sendable {
    /// The colours of `Palette`.
    public enum Ink: Sendable, Equatable { case card, ink, answer, way, wrong, start, goal }

    public enum Shape: Sendable, Equatable {
        case box(left: Double, top: Double, right: Double, bottom: Double)
        case line(fromX: Double, fromY: Double, toX: Double, toY: Double, width: Double)
        case disc(x: Double, y: Double, radius: Double)
        /// A square on its corner.
        case diamond(x: Double, y: Double, reach: Double)
    }

    public struct Drawn: Sendable, Equatable {
        public let shape: Shape
        public let ink: Ink
        public let opacity: Double
    }

    private static let edge = 0.1
    private static let thick = 0.09
    private static let near = 0.3
    private static let shade = 0.6
    private static let faint: Float = 0.02

    private let maze: Maze
    private let size: Double

    public init(_ maze: Maze) {
        self.maze = maze
        size = 1 / (Double(maze.side) + 2 * Self.edge)
    }

    /// The cell at a point; nil outside.
    public func cell(_ x: Double, _ y: Double) -> Int? {
        let column = (x / size - Self.edge).rounded(.down)
        let row = (y / size - Self.edge).rounded(.down)
        let inside = 0..<Double(maze.side)
        guard inside.contains(column), inside.contains(row) else { return nil }
        return Int(row) * maze.side + Int(column)
    }

    /// The side of its cell that a point is near; nil in the middle of one.
    public func wall(_ x: Double, _ y: Double) -> (cell: Int, side: Maze.Side)? {
        guard let cell = cell(x, y) else { return nil }
        let (middleX, middleY) = middle(cell)
        let (right, down) = ((x - middleX) / size, (y - middleY) / size)
        if max(abs(right), abs(down)) < Self.near { return nil }
        if abs(right) > abs(down) { return (cell, right > 0 ? .right : .left) }
        return (cell, down > 0 ? .below : .above)
    }

    /// In the order in which they are drawn.
    ///
    /// - Parameter answer: the probability of each cell; nil before the net has answered.
    public func shapes(_ answer: [Float]?) -> [Drawn] {
        var drawn = [
            Drawn(shape: .box(left: 0, top: 0, right: 1, bottom: 1), ink: .card, opacity: 1)
        ]
        if let answer { drawn += fills(answer) + ways(answer) + marks(answer) }
        drawn += walls().map { Drawn(shape: $0, ink: .ink, opacity: 1) }
        let (start, goal) = (middle(maze.start), middle(maze.goal))
        drawn.append(disc(start.x, start.y, 0.33, .start))
        drawn.append(disc(start.x, start.y, 0.11, .card))
        let diamond = Shape.diamond(x: goal.x, y: goal.y, reach: size * 0.4)
        return drawn + [Drawn(shape: diamond, ink: .goal, opacity: 1)]
    }

    private func fills(_ answer: [Float]) -> [Drawn] {
        answer.indices.filter { answer[$0] > Self.faint }.map { cell in
            let (x, y) = middle(cell)
            let box = Shape.box(
                left: x - size / 2, top: y - size / 2, right: x + size / 2, bottom: y + size / 2)
            return Drawn(shape: box, ink: .answer, opacity: Self.shade * Double(answer[cell]))
        }
    }

    private func ways(_ answer: [Float]) -> [Drawn] {
        answer.indices.flatMap { cell in
            [Maze.Side.right, .below].compactMap { side in
                guard maze.isOpen(cell, side), let other = maze.beside(cell, side),
                    MazeReading.isOn(answer[cell]), MazeReading.isOn(answer[other])
                else { return nil }
                return line(middle(cell), middle(other), 0.14, .way)
            }
        }
    }

    private func marks(_ answer: [Float]) -> [Drawn] {
        let solution = maze.solution()
        return answer.indices.filter { $0 != maze.start && $0 != maze.goal }.flatMap { cell in
            let (x, y) = middle(cell)
            let reach = size * 0.2
            switch (MazeReading.isOn(answer[cell]), solution.cells[cell]) {
            case (true, false) where solution.length != nil:
                return [
                    line((x - reach, y - reach), (x + reach, y + reach), 0.1, .wrong),
                    line((x - reach, y + reach), (x + reach, y - reach), 0.1, .wrong),
                ]
            case (true, _): return [disc(x, y, 0.15, .way)]
            case (false, true): return [disc(x, y, 0.18, .wrong), disc(x, y, 0.11, .card)]
            case (false, false): return []
            }
        }
    }

    private func walls() -> [Shape] {
        let half = size / 2
        return (0..<maze.cells).flatMap { cell in
            let (x, y) = middle(cell)
            // A wall between two cells is drawn once; the left and the upper edge have no cell before them.
            return Maze.Side.allCases.compactMap { side -> Shape? in
                if maze.isOpen(cell, side) { return nil }
                switch side {
                case .right: return wall(x + half, y - half, x + half, y + half)
                case .below: return wall(x - half, y + half, x + half, y + half)
                case .left where maze.beside(cell, side) == nil:
                    return wall(x - half, y - half, x - half, y + half)
                case .above where maze.beside(cell, side) == nil:
                    return wall(x - half, y - half, x + half, y - half)
                default: return nil
                }
            }
        }
    }

    private func wall(_ fromX: Double, _ fromY: Double, _ toX: Double, _ toY: Double) -> Shape {
        .line(fromX: fromX, fromY: fromY, toX: toX, toY: toY, width: size * Self.thick)
    }

    private func line(
        _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ width: Double, _ ink: Ink
    ) -> Drawn {
        let shape = Shape.line(
            fromX: from.x, fromY: from.y, toX: to.x, toY: to.y, width: size * width)
        return Drawn(shape: shape, ink: ink, opacity: 1)
    }

    private func disc(_ x: Double, _ y: Double, _ radius: Double, _ ink: Ink) -> Drawn {
        Drawn(shape: .disc(x: x, y: y, radius: size * radius), ink: ink, opacity: 1)
    }

    private func middle(_ cell: Int) -> (x: Double, y: Double) {
        let (row, column) = (cell / maze.side, cell % maze.side)
        return (size * (Self.edge + Double(column) + 0.5), size * (Self.edge + Double(row) + 0.5))
    }
}
