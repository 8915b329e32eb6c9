import ActDemoCore
import SwiftUI

/// Text: each character on the colour of its ponder steps.
struct TextScreen: View {
    @EnvironmentObject private var session: Session
    @Environment(\.palette) private var palette
    @ObservedObject var model: TextModel
    let open: OpenModel

    var body: some View {
        let words = session.words
        Columns {
            Panel {
                TextField(words(.inputHint), text: $model.text, axis: .vertical)
                    .lineLimit(2...8)
                    .textFieldStyle(.roundedBorder)
                    .accessibilityLabel(words(.inputHint))
                if let reading = model.reading {
                    ColouredText(model: model, marks: reading.marks)
                }
                Text(model.summary)
                if model.isReading { ProgressView().accessibilityLabel(words(.thinking)) }
            }
            KeepingPanel()
        } second: {
            BudgetPanel(open: open, times: model.times)
            if let statistics = model.statistics, statistics.steps > 0 {
                Panel(words(.chartTitle)) { StepsChart(statistics: statistics) }
            }
        }
        .task { model.run() }
        .onDisappear { model.stop() }
    }
}

/// Lines of characters, each on its colour with a bar as high as its N; a line is read out as one.
struct ColouredText: View {
    @EnvironmentObject private var session: Session
    let model: TextModel
    let marks: [TextReading.Mark]
    @ScaledMetric(relativeTo: .body) private var size: Double = 18
    @State private var width = 0.0

    /// The width of a letter of the monospaced system font, in sizes of the font.
    private static let advance = 0.62

    var body: some View {
        let letter = size * Self.advance
        let lines = TextLines(marks, columns: Int(width / letter)).lines
        LazyVStack(alignment: .leading, spacing: size * 0.2) {
            if width > 0 {
                ForEach(lines) { line in
                    HStack(spacing: 0) {
                        ForEach(line.cells) { cell in
                            Character(
                                cell: cell, maxPonder: model.maxPonder, letter: letter, size: size)
                        }
                    }
                    .accessibilityElement(children: .ignore)
                    .accessibilityLabel(model.words(of: line))
                }
            }
        }
        .frame(maxWidth: .infinity, alignment: .leading)
        .background(WidthReader(width: $width))
        .accessibilityElement(children: .contain)
        .accessibilityLabel(session.words(.textWords))
    }

    private struct Character: View {
        @Environment(\.palette) private var palette
        let cell: TextLines.Cell
        let maxPonder: Int
        let letter: Double
        let size: Double

        var body: some View {
            Text(verbatim: cell.shown)
                .font(.system(size: size, design: .monospaced))
                .foregroundStyle(Color(rgb: palette.ink))
                .lineLimit(1)
                .frame(width: letter * Double(cell.width), height: size * 1.7)
                .background(alignment: .bottom) {
                    if let n = cell.mark.ponderSteps {
                        ZStack(alignment: .bottom) {
                            Color(rgb: palette.level(n, maxPonder))
                            Color(rgb: palette.bar)
                                .frame(height: size * 0.3 * Double(n) / Double(maxPonder))
                        }
                    }
                }
        }
    }
}

/// Tells how wide its place is.
private struct WidthReader: View {
    @Binding var width: Double

    var body: some View {
        GeometryReader { place in
            Color.clear
                .onAppear { width = place.size.width }
                .onChange(of: place.size.width) { width = $0 }
        }
    }
}
