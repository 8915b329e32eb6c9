import Foundation

/// The files that `act-profile --device ios` copies into a folder: `devicectl` cannot delete them.
///
/// Their names are `act-profile-SESSION-NUMBER.data.bin` and `.rows.bin`, with its suffixes, of a run, and
/// `act-profile-SESSION-model-HASH` with the suffixes of an export, which all runs of a session use.
struct ProfileFiles {
    private static let prefix = "act-profile-"

    private let session: String
    private let run: String

    /// Nil unless the rows are a run's of act-profile.
    init?(rows: String) {
        let name = /(act-profile-[0-9a-f]+-)[0-9]+\.rows\.bin/
        guard let found = rows.wholeMatch(of: name) else { return nil }
        session = String(found.1)
        run = String(rows.dropLast("rows.bin".count))
    }

    /// Delete those of other sessions, and of this one's other runs, whose rows have been fetched.
    func deleteOlder(in folder: URL) {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        for name in names ?? [] where isOlder(name) {
            // What cannot be deleted stays until the next run.
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
    }

    private func isOlder(_ name: String) -> Bool {
        let isRuns = !name.hasPrefix(session + "model-") && !name.hasPrefix(run)
        return name.hasPrefix(Self.prefix) && (!name.hasPrefix(session) || isRuns)
    }
}
