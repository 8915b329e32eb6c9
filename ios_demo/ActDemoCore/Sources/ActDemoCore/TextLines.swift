/// Coloured text in lines of a width, in places of a font whose letters are equally wide.
public struct TextLines: Sendable, Equatable {
    /// A mark in its place.
    public struct Cell: Sendable, Equatable, Identifiable {
        /// Its number in the text.
        public let id: Int
        public let mark: TextReading.Mark
        /// Places that it takes: 2 for wide writing, else 1.
        public let width: Int

        /// As it is drawn: white space is made visible.
        public var shown: String {
            switch mark.text {
            case "\n", "\r\n", "\r": "\u{21b5}"
            case "\t": "\u{21e5}"
            case " ": "\u{a0}"
            default: mark.text
            }
        }
    }

    public struct Line: Sendable, Equatable, Identifiable {
        public var cells: [Cell]
        public var id: Int { cells.first?.id ?? 0 }

        /// The line as it is read out.
        public var text: String { cells.map(\.mark.text).joined() }

        /// Mean N of its characters; nil if none has been read.
        public var meanPonderSteps: Double? {
            let steps = cells.compactMap(\.mark.ponderSteps)
            return steps.isEmpty ? nil : Double(steps.reduce(0, +)) / Double(steps.count)
        }
    }

    public let lines: [Line]

    /// Break lines where words end, or within a word that is longer than a line.
    public init(_ marks: [TextReading.Mark], columns: Int) {
        let columns = max(2, columns)
        var lines: [Line] = []
        var line: [Cell] = []
        // The cells of the line before the word that is being written.
        var word = 0
        func width(_ cells: [Cell]) -> Int { cells.reduce(0) { $0 + $1.width } }
        for (id, mark) in marks.enumerated() {
            let cell = Cell(id: id, mark: mark, width: Self.width(mark.text))
            if width(line) + cell.width > columns {
                let cut = word > 0 ? word : line.count
                lines.append(Line(cells: Array(line[..<cut])))
                line = Array(line[cut...])
                word = 0
            }
            line.append(cell)
            guard let first = mark.text.first, first.isWhitespace else { continue }
            word = line.count
            if first.isNewline {
                lines.append(Line(cells: line))
                (line, word) = ([], 0)
            }
        }
        if !line.isEmpty { lines.append(Line(cells: line)) }
        self.lines = lines
    }

    /// Hangul, kana, ideographs and full-width forms, and what is a picture by itself.
    private static func width(_ text: String) -> Int {
        guard let first = text.unicodeScalars.first else { return 1 }
        let isWide = wide.contains { $0.contains(first.value) }
        return isWide || first.properties.isEmojiPresentation
            || text.unicodeScalars.contains("\u{fe0f}")
            ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
        0xff00...0xff60, 0xffe0...0xffe6, 0x20000...0x3fffd,
    ]
}
