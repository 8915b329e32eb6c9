import ActDemoCore
import SwiftUI

/// A maze to draw in, and the net's way through it, ponder step by ponder step.
struct MazeScreen: View {
    @EnvironmentObject private var session: Session
    @ObservedObject var model: MazeModel
    let open: OpenModel
    @State private var size = 0.0

    var body: some View {
        let words = session.words
        Columns {
            Panel {
                MazeBoardView(model: model).frame(maxWidth: 560)
                Text(model.verdict).font(.headline)
                MazeLegend()
                MazePlayer(model: model)
                Text(words(.mazeHow)).font(.footnote)
            }
            KeepingPanel()
        } second: {
            BudgetPanel(open: open, times: model.times)
            Panel(words(.size)) {
                // A slider of one place is none, and SwiftUI ends the app for it.
                if model.largest > Maze.smallest {
                    Slider(value: $size, in: Double(Maze.smallest)...Double(model.largest), step: 1)
                        .accessibilityLabel(words(.size))
                        .accessibilityValue(words.number(Int(size)))
                }
                Button(words(.fresh), systemImage: "shuffle") { model.fresh(Int(size)) }
                    .buttonStyle(.bordered)
            }
        }
        .task {
            size = Double(model.maze.side)
            model.run()
        }
        .onDisappear { model.stop() }
    }
}

/// The answer after each ponder step: played, paused, stepped.
private struct MazePlayer: View {
    @EnvironmentObject private var session: Session
    @ObservedObject var model: MazeModel

    var body: some View {
        let words = session.words
        let last = (model.reading?.frames.count ?? 1) - 1
        HStack {
            round("backward.frame", words(.back)) { model.place -= 1 }
            round(
                model.isPlaying ? "pause.fill" : "play.fill",
                words(model.isPlaying ? .pause : .play)
            ) {
                if model.isPlaying { model.pause() } else { model.play() }
            }
            round("forward.frame", words(.forward)) { model.place += 1 }
            if last > 0 {
                Slider(value: $model.place, in: 0...Double(last), step: 1)
                    .accessibilityLabel(words(.shownStep))
                    .accessibilityValue(model.stepWords)
            }
        }
        .disabled(last == 0)
        Text(model.stepWords).monospacedDigit().accessibilityHidden(true)
    }

    private func round(
        _ icon: String, _ label: String, act: @escaping @MainActor () -> Void
    ) -> some View {
        Button(action: act) { Image(systemName: icon).frame(minWidth: 44, minHeight: 44) }
            .buttonStyle(.bordered)
            .accessibilityLabel(label)
    }
}

/// The signs of the board.
private struct MazeLegend: View {
    @EnvironmentObject private var session: Session
    @Environment(\.palette) private var palette

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            sign("circle.circle.fill", palette.start, .start)
            sign("diamond.fill", palette.goal, .goal)
            sign("circle.fill", palette.way, .legendOn)
            sign("xmark", palette.wrong, .legendWrong)
            sign("circle", palette.wrong, .legendMissing)
        }
        .font(.footnote)
        .accessibilityElement(children: .combine)
    }

    private func sign(_ icon: String, _ colour: UInt32, _ word: Word) -> some View {
        HStack {
            Image(systemName: icon).foregroundStyle(Color(rgb: colour)).accessibilityHidden(true)
            Text(session.words(word))
        }
    }
}
