import ActKit
import Foundation

#if canImport(Combine)
    import Combine
#endif

/// A runtime as it is offered: Core ML once for each choice of its processors.
public struct RuntimeChoice: Sendable, Identifiable {
    public let id: String
    public let title: Word
    public let runtime: any Runtime

    public init(id: String, title: Word, runtime: any Runtime) {
        self.id = id
        self.title = title
        self.runtime = runtime
    }
}

/// The part of the app that outlives its screens: the model that is open, and what is kept.
@MainActor
public final class Session: ObservableObject {
    public let words: Words
    public let settings: Settings
    public let history: History
    public let runtimes: [RuntimeChoice]
    private let models: Models
    private let job = Job()
    private let adding = Job()

    @Published public private(set) var entries: [Models.Entry]
    @Published public private(set) var open: OpenModel?
    /// The run that the open model's screen shows.
    @Published public private(set) var screen: (any ScreenModel)?
    /// Words while a model is being opened.
    @Published public private(set) var opening: String?
    /// Something that must be seen, such as why something was refused.
    @Published public var notice: String?

    /// - Parameters:
    ///   - files: a folder of the app's own.
    ///   - bundled: the models that the app brings.
    public init(files: URL, bundled: URL?, runtimes: [RuntimeChoice], words: Words) {
        self.words = words
        self.runtimes = runtimes
        settings = Settings(files.appendingPathComponent("settings.json"))
        history = History(files.appendingPathComponent("history.jsonl"))
        models = Models(bundled: bundled, own: files.appendingPathComponent("models"))
        entries = models.entries()
        if let ended = settings[.opening] {
            notice = words(.endedBy, ended)
            settings[.opening] = nil
            settings[.model] = nil
        }
    }

    /// The runtimes that take a model.
    public func runtimes(of entry: Models.Entry) -> [RuntimeChoice] {
        runtimes.filter { $0.runtime.target == entry.manifest?.target }
    }

    /// The model that was open last, if it is still there.
    public var last: (entry: Models.Entry, choice: RuntimeChoice)? {
        guard let entry = entries.first(where: { $0.id == settings[.model] }) else { return nil }
        let choices = runtimes(of: entry)
        let choice = choices.first { $0.id == settings[.runtime] } ?? choices.first
        return choice.map { (entry, $0) }
    }

    /// Open a model after its golden bundle has been checked; the one that was open is closed.
    public func open(_ entry: Models.Entry, _ choice: RuntimeChoice) {
        close()
        notice = nil
        opening = words(.opening, entry.label, words(choice.title))
        job.start { [weak self] in await self?.load(entry, choice) }
    }

    /// Open the last model again, where the app has ended or memory was short.
    public func reopen() {
        guard open == nil, opening == nil, let last else { return }
        open(last.entry, last.choice)
    }

    private func load(_ entry: Models.Entry, _ choice: RuntimeChoice) async {
        // Still there at the next start, if this ends the app.
        settings[.opening] = entry.id
        defer { settings[.opening] = nil }
        do {
            guard let manifest = entry.manifest else { throw Refused(entry.problem ?? entry.id) }
            let (opened, golden) = try await Self.checked(entry, manifest, choice.runtime)
            if Task.isCancelled { return }
            let made = OpenModel(entry, opened, golden)
            guard let kind = kinds.first(where: { $0.takes(manifest) }) else {
                throw Refused("\(manifest.artefact): no screen takes it")
            }
            screen = try kind.init(made, settings, words)
            open = made
            (settings[.model], settings[.runtime]) = (entry.id, choice.id)
        } catch {
            if Task.isCancelled { return }
            notice = reason(error)
        }
        opening = nil
    }

    private nonisolated static func checked(
        _ entry: Models.Entry, _ manifest: Manifest, _ runtime: any Runtime
    ) async throws -> (Opened, Golden) {
        let bundle = entry.folder.appendingPathComponent(manifest.name + Golden.suffix)
        let opened = try await Opening.open(manifest, entry.manifestFile, runtime)
        return (opened, try Golden.read(manifest, bundle))
    }

    /// Close what is open, as its user wishes: `reopen` does not open it again.
    public func closeForGood() {
        close()
        settings[.model] = nil
    }

    /// Close what is open; what it runs is cancelled.
    func close() {
        job.cancel()
        screen?.stop()
        (open, screen, opening) = (nil, nil, nil)
    }

    /// Wait until no model is being opened, added or run.
    public func finish() async {
        await job.finish()
        await adding.finish()
        await screen?.finish()
    }

    /// Memory is short: what runs is cancelled, and in the background the model is closed.
    public func memoryIsShort(isActive: Bool) {
        if isActive {
            screen?.stop()
            notice = words(.memoryShort)
        } else {
            close()
        }
    }

    // MARK: Budget

    /// The most ponder steps of a time step, as a slider has it; in force at once.
    public var limit: Double {
        get { Double(open?.budget?.maxPonder ?? 1) }
        set { change { $0.setLimit(Int(newValue.rounded())) } }
    }

    /// The place of the halting threshold on its slider, from 0 to `OpenModel.parts`; in force at once.
    public var threshold: Double {
        get { Double(OpenModel.place(open?.budget?.haltThreshold ?? 1)) }
        set { change { $0.setThreshold(Int(newValue.rounded())) } }
    }

    private func change(_ change: (OpenModel) -> Void) {
        guard let open else { return }
        let before = open.budget
        change(open)
        if open.budget != before { screen?.run() }
    }

    // MARK: Models of one's own

    /// Copy a model from outside.
    ///
    /// - Parameter done: called when the files are no longer needed.
    public func add(_ given: [URL], done: @escaping @MainActor () -> Void = {}) {
        let (models, targets) = (models, Set(runtimes.map(\.runtime.target)))
        adding.start { [weak self] in
            defer { done() }
            do {
                let entry = try await Self.added(given, to: models, targets)
                self?.notice = self?.words(.added, entry.label)
            } catch {
                self?.notice = reason(error)
            }
            self?.entries = models.entries()
        }
    }

    private nonisolated static func added(
        _ given: [URL], to models: Models, _ targets: Set<String>
    ) async throws -> Models.Entry {
        try models.add(given, targets: targets)
    }

    public func delete(_ entry: Models.Entry) {
        if open?.entry.id == entry.id { close() }
        orNotice { try models.delete(entry) }
        entries = models.entries()
    }

    // MARK: Results

    /// Keep the last run in the history.
    public func keep() {
        guard let open, let outcome = screen?.outcome else {
            notice = words(.noResult)
            return
        }
        let entry = History.Entry(
            model: open.entry.id, backend: open.backend, summary: outcome.summary,
            detail: outcome.detail)
        orNotice {
            try history.add(entry)
            notice = words(.kept)
        }
    }

    /// The last run as it is shared; nil before there is one.
    public var report: String? {
        guard let open, let outcome = screen?.outcome else { return nil }
        return "\(outcome.detail)\n\(open.entry.id), \(open.backend)"
    }

    public func clearHistory() {
        orNotice {
            try history.clear()
            notice = words(.historyCleared)
        }
    }

    public func forgetText() {
        settings[.text] = nil
        notice = words(.textCleared)
    }

    /// Do something, or say why not.
    public func orNotice(_ something: () throws -> Void) {
        do {
            try something()
        } catch {
            notice = reason(error)
        }
    }
}
