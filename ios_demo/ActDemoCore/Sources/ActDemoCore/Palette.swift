/// The colours of the demo, those of its web page: ink on paper, a blue for the net's answer, an orange for
/// what is wrong.
///
/// Blue and orange stay apart in every kind of colour vision, and shapes say the same. A colour is 0xRRGGBB.
public struct Palette: Sendable {
    public let paper: UInt32
    public let card: UInt32
    public let ink: UInt32
    public let soft: UInt32
    public let line: UInt32
    public let answer: UInt32
    public let way: UInt32
    public let wrong: UInt32
    public let start: UInt32
    public let goal: UInt32
    /// The bar under a character, as high as its N: the second sign beside the colour.
    public let bar: UInt32
    private let levels: [UInt32]

    /// The ground of a character or bar of N ponder steps, of at most `maxPonder`.
    public func level(_ ponderSteps: Int, _ maxPonder: Int) -> UInt32 {
        guard ponderSteps > 0, maxPonder > 0 else { return levels[0] }
        let share = Double(ponderSteps) / Double(maxPonder)
        let level = Int((share * Double(levels.count - 1)).rounded(.up))
        return levels[min(max(level, 1), levels.count - 1)]
    }

    public func colour(_ ink: MazeBoard.Ink) -> UInt32 {
        switch ink {
        case .card: card
        case .ink: self.ink
        case .answer: answer
        case .way: way
        case .wrong: wrong
        case .start: start
        case .goal: goal
        }
    }

    public static let light = Palette(
        paper: 0xf8f6f1, card: 0xfffefb, ink: 0x1c2230, soft: 0x565d6d, line: 0xe2ddd2,
        answer: 0x4a6ee0, way: 0x2f4fb0, wrong: 0xb8400c, start: 0x0b6b5e, goal: 0xa14a00,
        bar: 0xa8551a,
        levels: [0xeeeeee, 0xfcf7ea, 0xfaeed0, 0xf9e3b3, 0xf7d597, 0xf4c67d, 0xf1b666])

    public static let dark = Palette(
        paper: 0x12151c, card: 0x1a1e27, ink: 0xeceae4, soft: 0xa9afbc, line: 0x2d3340,
        answer: 0x6d8bff, way: 0xb4c4ff, wrong: 0xff9b66, start: 0x5fd0bb, goal: 0xf2b25c,
        bar: 0xf2a65c,
        levels: [0x22262f, 0x2b2823, 0x3a3021, 0x4a381f, 0x5a411e, 0x6a4a1d, 0x7a521c])
}
