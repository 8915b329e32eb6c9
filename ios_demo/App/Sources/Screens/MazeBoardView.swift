import ActDemoCore
import SwiftUI

/// The board: drawn on a canvas, drawn in by a finger, read and changed cell by cell by VoiceOver.
struct MazeBoardView: View {
    @EnvironmentObject private var session: Session
    @Environment(\.palette) private var palette
    @ObservedObject var model: MazeModel
    @GestureState private var isTouching = false

    var body: some View {
        let (shapes, palette) = (MazeBoard(model.maze).shapes(model.answer), palette)
        GeometryReader { place in
            Canvas { context, size in
                for each in shapes {
                    var layer = context
                    layer.opacity = each.opacity
                    each.shape.draw(Color(rgb: palette.colour(each.ink)), layer, size.width)
                }
            }
            .contentShape(Rectangle())
            .gesture(
                DragGesture(minimumDistance: 0)
                    .onChanged { drag in
                        let (x, y) = (drag.location.x, drag.location.y)
                        model.touch(x / place.size.width, y / place.size.width)
                    }
                    .onEnded { _ in model.release() }
                    .updating($isTouching) { _, isTouching, _ in isTouching = true }
            )
            // A drag that the system cancels, for an alert or a call, does not end otherwise.
            .onChange(of: isTouching) { if !$0 { model.release() } }
        }
        .aspectRatio(1, contentMode: .fit)
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(model.boardWords)
        .accessibilityChildren { MazeCells(model: model) }
    }
}

extension MazeBoard.Shape {
    /// Draw it on a board of this width, in points.
    func draw(_ colour: Color, _ context: GraphicsContext, _ width: Double) {
        switch self {
        case .box(let left, let top, let right, let bottom):
            let size = CGSize(width: (right - left) * width, height: (bottom - top) * width)
            let box = CGRect(origin: CGPoint(x: left * width, y: top * width), size: size)
            context.fill(Path(box), with: .color(colour))
        case .line(let fromX, let fromY, let toX, let toY, let thickness):
            var path = Path()
            path.move(to: CGPoint(x: fromX * width, y: fromY * width))
            path.addLine(to: CGPoint(x: toX * width, y: toY * width))
            let style = StrokeStyle(lineWidth: thickness * width, lineCap: .round)
            context.stroke(path, with: .color(colour), style: style)
        case .disc(let x, let y, let radius):
            let size = CGSize(width: 2 * radius * width, height: 2 * radius * width)
            let origin = CGPoint(x: (x - radius) * width, y: (y - radius) * width)
            context.fill(Path(ellipseIn: CGRect(origin: origin, size: size)), with: .color(colour))
        case .diamond(let x, let y, let reach):
            var path = Path()
            path.move(to: CGPoint(x: x * width, y: (y - reach) * width))
            path.addLine(to: CGPoint(x: (x + reach) * width, y: y * width))
            path.addLine(to: CGPoint(x: x * width, y: (y + reach) * width))
            path.addLine(to: CGPoint(x: (x - reach) * width, y: y * width))
            path.closeSubpath()
            context.fill(path, with: .color(colour))
        }
    }
}

/// The cells as VoiceOver sees them: row and column, walls, the net's answer, and what can be changed.
private struct MazeCells: View {
    @EnvironmentObject private var session: Session
    @ObservedObject var model: MazeModel

    var body: some View {
        let side = model.maze.side
        VStack(spacing: 0) {
            ForEach(0..<side, id: \.self) { row in
                HStack(spacing: 0) {
                    ForEach(0..<side, id: \.self) { column in cell(row * side + column) }
                }
            }
        }
    }

    private func cell(_ cell: Int) -> some View {
        Rectangle()
            .accessibilityElement(children: .ignore)
            .accessibilityLabel(model.words(of: cell))
            .accessibilityActions {
                ForEach(model.changes(of: cell), id: \.words) { change in
                    Button(change.words) { model.turnWall(cell, change.side) }
                }
                Button(session.words(.placeStart)) { model.placeStart(cell) }
                Button(session.words(.placeGoal)) { model.placeGoal(cell) }
            }
    }
}
