import ActKit
import Foundation

/// The app's benchmark mode: launched with `--benchmark` and the arguments of `Benchmark`, it writes rows and
/// what came of it, `ROWS.status`, into a folder.
public enum LaunchBenchmark {
    public static let flag = "--benchmark"
    /// Names the `RuntimeChoice` that runs the model; without it the first that takes it does.
    public static let runtimeFlag = "--runtime"
    public static let suffix = ".status"

    /// The arguments after the flag; nil if the app was launched without it.
    public static func arguments(_ launch: [String]) -> [String]? {
        launch.firstIndex(of: flag).map { Array(launch[($0 + 1)...]) }
    }

    /// Measure, after what older runs of act-profile have left in the folder is deleted.
    ///
    /// - Returns: `done: BACKEND`, or `refused: ` and why nothing was measured; the same is in the file of status.
    public static func run(
        _ arguments: [String], folder: URL, runtimes: [RuntimeChoice]
    ) async -> String {
        var arguments = arguments
        let status = file(arguments, folder)
        if let status { try? FileManager.default.removeItem(at: status) }
        rows(arguments).flatMap(ProfileFiles.init(rows:))?.deleteOlder(in: folder)
        var words: String
        do {
            let chosen = try chosen(&arguments, runtimes)
            words = "done: \(try await Benchmark.of(arguments, folder).run(chosen))"
        } catch {
            words = "refused: \(reason(error))"
        }
        if let status, (try? Data((words + "\n").utf8).write(to: status, options: .atomic)) == nil {
            words += " (\(status.lastPathComponent): cannot be written)"
        }
        return words
    }

    private static func chosen(
        _ arguments: inout [String], _ runtimes: [RuntimeChoice]
    ) throws -> [any Runtime] {
        guard let at = arguments.firstIndex(of: runtimeFlag) else { return runtimes.map(\.runtime) }
        let id = arguments.dropFirst(at + 1).first
        guard let found = runtimes.first(where: { $0.id == id }) else {
            throw Refused("\(runtimeFlag): one of \(runtimes.map(\.id).joined(separator: ", "))")
        }
        arguments.removeSubrange(at...at + 1)
        return [found.runtime]
    }

    /// The file of status, beside rows whose name is none of a path.
    private static func file(_ arguments: [String], _ folder: URL) -> URL? {
        guard let name = rows(arguments), !name.isEmpty, !name.hasPrefix("."), !name.contains("/")
        else { return nil }
        return folder.appendingPathComponent(name + suffix)
    }

    private static func rows(_ arguments: [String]) -> String? {
        guard let at = arguments.firstIndex(of: "--rows") else { return nil }
        return arguments.dropFirst(at + 1).first
    }
}
