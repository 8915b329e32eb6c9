import ActKit

#if canImport(Combine)
    import Combine
#endif

/// A model that is open: it has shown here that it computes what it should.
@MainActor
public final class OpenModel: ObservableObject {
    /// Places of the slider of the threshold.
    public static let parts = 100

    public let entry: Models.Entry
    public let manifest: Manifest
    /// The runtime and the unit that runs the model, as the runtime says.
    public let backend: String
    public let golden: Golden
    let model: any StepModel
    /// The model's own budget; nil where it has no budget inputs.
    public let ownBudget: Budget?

    /// In force for the runs that follow; nil where the model has no budget inputs.
    @Published public private(set) var budget: Budget?

    init(_ entry: Models.Entry, _ opened: Opened, _ golden: Golden) {
        self.entry = entry
        self.golden = golden
        manifest = opened.manifest
        model = opened.model
        backend = opened.model.backend
        let own = try? ActStreamer(opened.manifest, opened.model).defaultBudget
        ownBudget = own
        budget = own
    }

    /// Set the most ponder steps of a time step; out of range counts as the nearest within it.
    func setLimit(_ steps: Int) { budget?.maxPonder = min(max(steps, 1), manifest.maxPonder) }

    /// Set the halting threshold to a place of the slider.
    ///
    /// The model's own lies between two places: the nearest of them stands for it.
    func setThreshold(_ place: Int) {
        let own = ownBudget?.haltThreshold ?? 1
        let isOwn = place == Self.place(own)
        budget?.haltThreshold =
            isOwn ? own : Float(min(max(place, 0), Self.parts)) / Float(Self.parts)
    }

    /// The place of a threshold on its slider.
    public static func place(_ threshold: Float) -> Int {
        Int((min(max(threshold, 0), 1) * Float(parts)).rounded())
    }
}
