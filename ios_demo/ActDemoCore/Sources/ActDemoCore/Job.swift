/// The newest piece of work of its kind: to start one cancels the one before and waits for its end.
///
/// So no two of them use the model at once.
@MainActor
final class Job {
    private var task: Task<Void, Never>?

    func start(_ work: @escaping @MainActor () async -> Void) {
        let before = task
        before?.cancel()
        task = Task {
            await before?.value
            if !Task.isCancelled { await work() }
        }
    }

    func cancel() { task?.cancel() }

    /// Wait until nothing runs.
    func finish() async { await task?.value }
}
