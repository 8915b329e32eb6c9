import ActKit
import Foundation
import Testing

@testable import ActDemoCore

@MainActor
struct SessionTests {
    @Test func theShippedModelsHaveTheirScreens() async throws {
        let session = try makeSession()
        #expect(session.entries.map(\.id).contains("hops-native"))
        #expect(session.entries.allSatisfy { $0.problem == nil })
        let plain = try await session.opened("hops-native", PlainModel.self)
        plain.run()
        await plain.finish()
        #expect(plain.statistics?.steps == session.open?.golden.calls)
        #expect(plain.summary.contains("calls, "))
        let facts = try #require(session.open).facts(session.words)
        #expect(facts.map(\.title).first == "Runs on")
        #expect(facts[0].value.hasPrefix("native engine, "))
        #expect(facts.allSatisfy { !$0.value.isEmpty })
        #expect(Set(facts.map(\.id)).count == facts.count)
    }

    @Test func theLastModelIsOpenedAgain() async throws {
        let files = try scratch()
        _ = try await makeSession(files).opened("hops-native", PlainModel.self)
        let later = try makeSession(files)
        #expect(later.last?.entry.id == "hops-native")
        later.reopen()
        #expect(later.opening == "Opening and checking hops-native · loop, fp32 with Native engine")
        await later.finish()
        #expect(later.open?.entry.id == "hops-native")
        later.memoryIsShort(isActive: true)
        #expect(later.open != nil && later.notice == later.words(.memoryShort))
        later.memoryIsShort(isActive: false)
        #expect(later.open == nil && later.screen == nil)
        later.reopen()
        await later.finish()
        #expect(later.open?.entry.id == "hops-native")
    }

    @Test func whatItsUserClosedStaysClosed() async throws {
        let files = try scratch()
        let session = try makeSession(files)
        _ = try await session.opened("hops-native", PlainModel.self)
        session.closeForGood()
        #expect(session.open == nil)
        // As at the next activation, and at the next start.
        session.reopen()
        await session.finish()
        #expect(session.open == nil && session.opening == nil)
        #expect(try makeSession(files).last == nil)
        // Also while a model is being opened, which then is not remembered.
        session.open(try #require(entry(session, "charlm-native")), native)
        session.closeForGood()
        await session.finish()
        session.reopen()
        #expect(session.open == nil && session.opening == nil)
    }

    @Test func twoModelsChosenQuicklyLeaveTheSecond() async throws {
        let session = try makeSession()
        let (charlm, hops) = (entry(session, "charlm-native"), entry(session, "hops-native"))
        session.open(try #require(charlm), native)
        session.open(try #require(hops), native)
        await session.finish()
        #expect(session.open?.entry.id == "hops-native")
        #expect(session.opening == nil && session.settings[.opening] == nil)
        session.open(try #require(charlm), native)
        session.close()
        await session.finish()
        #expect(session.open == nil && session.settings[.opening] == nil)
    }

    @Test func aModelThatEndedTheAppIsNamed() throws {
        let files = try scratch()
        let before = Settings(files.appendingPathComponent("settings.json"))
        (before[.opening], before[.model]) = ("hops-native", "hops-native")
        let session = try makeSession(files)
        #expect(session.notice?.hasPrefix("The app ended while it opened hops-native.") == true)
        #expect(session.last == nil)
        #expect(try makeSession(files).notice == nil)
    }

    @Test(arguments: ["model.golden.npz", "model.actn"])
    func aModelThatIsNotAsItShouldBeIsRefused(damaged: String) async throws {
        let session = try makeSession()
        let folder = try copied("charlm-native")
        let file = folder.appendingPathComponent(damaged)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 0x55
        try bytes.write(to: file)
        session.add([folder])
        await session.finish()
        let own = try #require(session.own.first)
        session.open(own, native)
        await session.finish()
        #expect(session.open == nil)
        #expect(session.notice?.hasPrefix("model.") == true, "\(session.notice ?? "")")
        session.delete(own)
        #expect(session.own.isEmpty)
    }

    @Test func aVersionThatIsNotKnownIsSaidSo() async throws {
        let session = try makeSession()
        let folder = try copied("charlm-native")
        let file = folder.appendingPathComponent("model.manifest.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        let other = text.replacingOccurrences(
            of: "act-mobile/manifest/1", with: "act-mobile/manifest/9")
        try other.write(to: file, atomically: true, encoding: .utf8)
        session.add([folder])
        await session.finish()
        #expect(session.notice?.contains("act-mobile/manifest/") == true)
        #expect(session.own.isEmpty)
    }

    @Test func aModelOfOnesOwnIsKeptOpenedAndDeleted() async throws {
        let files = try scratch()
        let session = try makeSession(files)
        let folder = try copied("hops-native")
        let given = ["model.manifest.json", "model.golden.npz", "model.actn"]
        var isDone = false
        session.add(given.map(folder.appendingPathComponent)) { isDone = true }
        await session.finish()
        #expect(isDone)
        #expect(session.notice == "Added: own-model-native · loop, fp32")
        let own = try #require(try makeSession(files).own.first)
        session.open(own, native)
        await session.finish()
        #expect(session.open?.entry.id == "own-model-native")
        session.delete(own)
        #expect(session.open == nil)
        session.delete(try #require(entry(session, "hops-native")))
        #expect(session.notice == "hops-native: cannot be deleted")
        #expect(entry(session, "hops-native") != nil)
    }

    @Test func modelsOfOneNameAreBothKept() async throws {
        let session = try makeSession()
        for model in ["hops-native", "charlm-native", "hops-native"] {
            session.add([try copied(model)])
            await session.finish()
        }
        #expect(session.own.map(\.id) == ["own-model-native", "own-model-native-2"])
        let shipped = ["hops-native", "charlm-native"].map { entry(session, $0)?.manifest?.sha256 }
        #expect(session.own.map { $0.manifest?.sha256 } == shipped)
        #expect(session.notice == "Added: own-model-native · loop, fp32")
    }

    @Test func aModelThatIsAddedAgainReplacesItself() async throws {
        let session = try makeSession()
        let folder = try copied("hops-native")
        let bundle = folder.appendingPathComponent("model.golden.npz")
        let whole = try Data(contentsOf: bundle)
        for bytes in [Data("damaged".utf8), whole] {
            try bytes.write(to: bundle)
            session.add([folder])
            await session.finish()
        }
        let own = try #require(session.own.first)
        #expect(session.own.count == 1)
        session.open(own, native)
        await session.finish()
        #expect(session.open?.entry.id == own.id, "\(session.notice ?? "")")
        let beside = own.folder.deletingLastPathComponent()
        #expect(try FileManager.default.contentsOfDirectory(atPath: beside.path) == [own.id])
    }

    @Test func filesThatAreMissingOrOfNoUseAreNamed() async throws {
        let session = try makeSession()
        let folder = try copied("hops-native")
        let manifest = folder.appendingPathComponent("model.manifest.json")
        await refused(session, [], "choose one NAME.manifest.json")
        await refused(session, [folder.appendingPathComponent("model.actn")], "choose one NAME")
        await refused(
            session, [manifest], "model.actn: missing: choose it with model.manifest.json")
        let none = try scratch().appendingPathComponent("gone.manifest.json")
        await refused(session, [none], "gone.manifest.json: cannot be read")
        let elsewhere = try makeSession(runtimes: [])
        await refused(elsewhere, [folder], "model.actn: this app runs models for []")
        let link = folder.appendingPathComponent("model.golden.npz")
        try FileManager.default.removeItem(at: link)
        try FileManager.default.createSymbolicLink(
            at: link, withDestinationURL: URL(fileURLWithPath: "/etc/passwd"))
        await refused(session, [folder], "model.golden.npz: neither a file nor a folder")
        let kept = session.own
        #expect(kept.isEmpty)
    }

    @Test func aCopyIsBounded() throws {
        let (from, to) = (try scratch(), try scratch())
        let package = from.appendingPathComponent("model.mlpackage/Data")
        try FileManager.default.createDirectory(at: package, withIntermediateDirectories: true)
        try Data(count: 100).write(to: package.appendingPathComponent("weight.bin"))
        let source = from.appendingPathComponent("model.mlpackage")
        var large = BoundedCopy(mostFiles: 10, mostBytes: 100)
        try large.copy(source, to: to.appendingPathComponent("large"))
        #expect(
            try Data(contentsOf: to.appendingPathComponent("large/Data/weight.bin")).count == 100)
        var small = BoundedCopy(mostFiles: 10, mostBytes: 99)
        #expect(throws: Refused("weight.bin: the model has more than 99 bytes")) {
            try small.copy(source, to: to.appendingPathComponent("small"))
        }
        var few = BoundedCopy(mostFiles: 2, mostBytes: 1000)
        #expect(throws: Refused("weight.bin: too many files")) {
            try few.copy(source, to: to.appendingPathComponent("few"))
        }
    }

    @Test func runsAreKeptSharedAndForgotten() async throws {
        let files = try scratch()
        let session = try makeSession(files)
        session.keep()
        #expect(session.notice == session.words(.noResult))
        #expect(session.report == nil)
        let plain = try await session.opened("hops-native", PlainModel.self)
        plain.run()
        await plain.finish()
        for _ in 0..<3 { session.keep() }
        #expect(session.notice == "Kept.")
        let later = try makeSession(files).history
        #expect(later.entries.map(\.id) == session.history.entries.map(\.id))
        #expect(later.entries[0].report.hasPrefix("hops-native, native engine"))
        try later.delete(later.entries[1])
        #expect(later.entries.count == 2)
        let file = files.appendingPathComponent("history.jsonl")
        let kept = try Data(contentsOf: file)
        try (Data("{damaged\n".utf8) + kept).write(to: file)
        #expect(try makeSession(files).history.entries == later.entries)
        session.clearHistory()
        #expect(try makeSession(files).history.entries.isEmpty)
    }

    @Test func whatCannotBeWrittenIsSaidAndNothingIsLost() async throws {
        let gone = try scratch().appendingPathComponent("gone")
        let session = try makeSession(gone)
        let plain = try await session.opened("hops-native", PlainModel.self)
        plain.run()
        await plain.finish()
        session.keep()
        #expect(session.notice == "history.jsonl: cannot be written: is the device full?")
        #expect(session.history.entries.isEmpty)
        session.settings[.text] = "kept while the app runs"
        #expect(session.settings.isUnwritten)
        #expect(session.settings[.text] == "kept while the app runs")
    }

    @Test func anAppWithoutModelsSaysSo() throws {
        let session = Session(
            files: try scratch(), bundled: nil, runtimes: [native], words: try words("en"))
        #expect(session.entries.isEmpty && session.last == nil)
        session.reopen()
        #expect(session.opening == nil)
    }

    private func entry(_ session: Session, _ name: String) -> Models.Entry? {
        session.entries.first { $0.id == name }
    }

    private func copied(_ model: String) throws -> URL {
        let to = try scratch().appendingPathComponent(model)
        let from = given("ACT_DEMO_MODELS").appendingPathComponent(model)
        try FileManager.default.copyItem(at: from, to: to)
        return to
    }

    private func refused(_ session: Session, _ files: [URL], _ words: String) async {
        session.add(files)
        await session.finish()
        #expect(session.notice?.contains(words) == true, "\(session.notice ?? "")")
    }
}
