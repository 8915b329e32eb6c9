import ActKit

#if canImport(Combine)
    import Combine
#endif

/// The run of an open model that a screen shows. `kinds` lists them: a new kind of model is one of these.
@MainActor
public protocol ScreenModel: ObservableObject {
    /// True if this is the screen for a model.
    static func takes(_ manifest: Manifest) -> Bool

    /// - Throws: `Refused` if the model is of another kind.
    init(_ open: OpenModel, _ settings: Settings, _ words: Words) throws

    /// N and times of the last run; nil before it has ended.
    var statistics: PonderStatistics? { get }

    /// The last run, to be kept and shared; nil before it has ended.
    var outcome: Outcome? { get }

    /// Run anew with the budget in force; a run that goes on is cancelled.
    func run()

    /// Cancel what runs.
    func stop()

    /// Wait until nothing runs.
    func finish() async
}

/// The outcome of a run in words.
public struct Outcome: Sendable, Equatable {
    /// In a line.
    public let summary: String
    /// The whole of it.
    public let detail: String
}

/// In the order in which a model is offered to them; the last takes any.
@MainActor public let kinds: [any ScreenModel.Type] = [
    TextModel.self, MazeModel.self, PlainModel.self,
]

/// Words for the user of why something failed.
func reason(_ error: any Error) -> String {
    (error as? Refused)?.message ?? error.localizedDescription
}
