/// A square maze with walls between its cells, as the maze task makes them: in each just one way.
public struct Maze: Sendable, Equatable {
    /// The sides of a cell, in the order of the net's input.
    public enum Side: Int, Sendable, CaseIterable {
        case right, below, left, above

        var opposite: Side { Side.allCases[(rawValue + 2) % Side.allCases.count] }
    }

    /// The shortest way.
    public struct Solution: Sendable, Equatable {
        /// Steps; nil if no way leads to the goal.
        public let length: Int?
        /// True on a shortest way.
        public let cells: [Bool]
    }

    public static let channels = 7
    public static let smallest = 3
    public static let largest = 64

    /// Cells a side.
    public let side: Int
    public private(set) var start: Int
    public private(set) var goal: Int
    private var open: [Bool]

    public var cells: Int { side * side }

    private init(_ side: Int, start: Int, goal: Int) {
        self.side = side
        self.start = start
        self.goal = goal
        open = [Bool](repeating: false, count: Side.allCases.count * side * side)
    }

    /// The cell on a side of a cell; nil outside.
    public func beside(_ cell: Int, _ to: Side) -> Int? {
        let (row, column) = (cell / side, cell % side)
        switch to {
        case .right: return column + 1 < side ? cell + 1 : nil
        case .below: return row + 1 < side ? cell + side : nil
        case .left: return column > 0 ? cell - 1 : nil
        case .above: return row > 0 ? cell - side : nil
        }
    }

    public func isOpen(_ cell: Int, _ to: Side) -> Bool { open[place(cell, to)] }

    /// The same with a wall set or removed; nil at the edge, whose walls stay.
    public func withWall(_ cell: Int, _ to: Side, isOpen: Bool) -> Maze? {
        var changed = self
        return changed.setWall(cell, to, isOpen: isOpen) ? changed : nil
    }

    /// The same with another start; nil where the goal is.
    public func withStart(_ cell: Int) -> Maze? {
        var changed = self
        changed.start = cell
        return cell == goal ? nil : changed
    }

    /// The same with another goal; nil where the start is.
    public func withGoal(_ cell: Int) -> Maze? {
        var changed = self
        changed.goal = cell
        return cell == start ? nil : changed
    }

    public func solution() -> Solution {
        let (from, to) = (distances(start), distances(goal))
        guard let length = from[goal] else {
            return Solution(length: nil, cells: [Bool](repeating: false, count: cells))
        }
        let isOn = zip(from, to).map { from, to in
            guard let from, let to else { return false }
            return from + to == length
        }
        return Solution(length: length, cells: isOn)
    }

    /// x of the net, (7, largest, largest) filled up with zeros: four open sides, inside, start, goal.
    ///
    /// - Precondition: `largest` is at least `side`.
    public func input(_ largest: Int) -> [Float] {
        var x = [Float](repeating: 0, count: Self.channels * largest * largest)
        func set(_ channel: Int, _ cell: Int) {
            x[channel * largest * largest + cell / side * largest + cell % side] = 1
        }
        for cell in 0..<cells {
            for to in Side.allCases where isOpen(cell, to) { set(to.rawValue, cell) }
            set(Side.allCases.count, cell)
        }
        set(Side.allCases.count + 1, start)
        set(Side.allCases.count + 2, goal)
        return x
    }

    /// A maze in which one way leads between any two cells, by depth-first search.
    ///
    /// - Precondition: `side` is at least 3.
    public static func random(
        _ side: Int, using generator: inout some RandomNumberGenerator
    ) -> Maze {
        var maze = Maze(side, start: 0, goal: side * side - 1)
        var seen = [Bool](repeating: false, count: maze.cells)
        var came = [Int.random(in: 0..<maze.cells, using: &generator)]
        seen[came[0]] = true
        while let cell = came.last {
            let free = Side.allCases.filter { to in maze.beside(cell, to).map { !seen[$0] } ?? false
            }
            guard let to = free.randomElement(using: &generator), let next = maze.beside(cell, to)
            else {
                came.removeLast()
                continue
            }
            _ = maze.setWall(cell, to, isOpen: true)
            seen[next] = true
            came.append(next)
        }
        maze.start = Int.random(in: 0..<maze.cells, using: &generator)
        let far = maze.distances(maze.start).map { $0 ?? 0 }
        // Every length is there, up to the longest.
        let length = Int.random(in: 1...(far.max() ?? 1), using: &generator)
        maze.goal = far.indices.filter { far[$0] == length }.randomElement(using: &generator) ?? 0
        return maze
    }

    /// A line of text from which `init(text:)` makes the same maze.
    public var text: String {
        let sides = (0..<cells).map { cell in
            let bits = Side.allCases.filter { isOpen(cell, $0) }.map { 1 << $0.rawValue }
            return String(bits.reduce(0, +), radix: 16)
        }
        return "\(side) \(start) \(goal) \(sides.joined())"
    }

    /// The maze of a `text`; nil if the text is none.
    public init?(text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let numbers = words.prefix(3).compactMap { Int($0) }
        guard words.count == 4, numbers.count == 3 else { return nil }
        let (side, start, goal) = (numbers[0], numbers[1], numbers[2])
        guard (Self.smallest...Self.largest).contains(side), words[3].utf8.count == side * side
        else { return nil }
        let inside = 0..<side * side
        guard start != goal, inside.contains(start), inside.contains(goal) else { return nil }
        let sides = words[3].compactMap(\.hexDigitValue)
        guard sides.count == side * side else { return nil }
        self.init(side, start: start, goal: goal)
        for cell in inside {
            for to in Side.allCases where sides[cell] >> to.rawValue & 1 == 1 {
                _ = setWall(cell, to, isOpen: true)
            }
        }
    }

    private func place(_ cell: Int, _ to: Side) -> Int { Side.allCases.count * cell + to.rawValue }

    /// False at the edge.
    private mutating func setWall(_ cell: Int, _ to: Side, isOpen: Bool) -> Bool {
        guard let other = beside(cell, to) else { return false }
        open[place(cell, to)] = isOpen
        open[place(other, to.opposite)] = isOpen
        return true
    }

    /// Steps to each cell; nil where no way leads.
    private func distances(_ origin: Int) -> [Int?] {
        var far = [Int?](repeating: nil, count: cells)
        far[origin] = 0
        var queue = [origin]
        var at = 0
        while at < queue.count {
            let cell = queue[at]
            at += 1
            for to in Side.allCases where isOpen(cell, to) {
                guard let other = beside(cell, to), far[other] == nil else { continue }
                far[other] = (far[cell] ?? 0) + 1
                queue.append(other)
            }
        }
        return far
    }
}
