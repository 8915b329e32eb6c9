import ActKit
import Foundation
import Testing

// Files from outside: read as they are, or refused in one line, whatever is in them.

@Test func jsonIsRead() throws {
    let read = try Json.read(
        #" {"a": [1, -2.5e1, true, null, "x\nA\u00e9\ud83d\ude00"], "b": {}} "#, "f")
    let a: [Json] = [.number(1), .number(-25), .bool(true), .null, .string("x\nAé😀")]
    #expect(read == .object(["a": .array(a), "b": .object([:])]))
}

@Test(arguments: [
    "", "{", "[1,]", #"{"a":1,"a":2}"#, "01", "1 2", "\"\u{1}\"", #""\u12""#, #""\u+123""#, "tru",
    "1e999", String(repeating: "[", count: 100), #"{"a"}"#, "nan", "-", "1.", "1e", "+1", #""\x""#,
    "\"a",
    #"{"a\nb":1,"a\nb":2}"#,
])
func whatIsNoJsonIsRefused(text: String) async {
    await expectRefusal("file.json: not JSON (") { _ = try Json.read(text, "file.json") }
}

@Test(arguments: ["", "a\"b\\c", "tab\tnul\0", "é漢😀", "\u{85}\u{2028}"])
func quotedTextIsReadBack(text: String) throws {
    #expect(try Json.read(Json.quoted(text), "f") == .string(text))
}

@Test func halfAPairOfSurrogatesIsReplaced() throws {
    #expect(
        try Json.read(#""\ud83d-\ud83d\u0041\ude00""#, "f") == .string("\u{fffd}-\u{fffd}A\u{fffd}")
    )
}

@Test func manifestsThatDoNotFitAreRefused() async throws {
    #expect(try Manifest.parse(example, "m").name == "m")
    let wrong = [
        ("\"m.onnx\"", "\"../m.onnx\""),
        ("\"m.onnx\"", "\"m\\nonnx\""),
        ("manifest/1", "manifest/2"),
        ("\"shape\": [1, 2]", "\"shape\": [1, 0]"),
        ("\"shape\": [1, 2],", "\"shape\": [268435457, 2],"),
        ("\"shape\": [1, 3]", "\"shape\": [1, \"width\"]"),
        ("\"shape\": [1, 1]", "\"shape\": []"),
        ("\"shape\": [1, 1]", "\"shape\": [2, 1]"),
        ("\"input\": \"h0\"", "\"input\": \"h9\""),
        ("\"name\": \"remainder\"", "\"name\": \"rest\""),
        ("\"batch\": 1", "\"batch\": 1.5"),
        ("\"dtype\": \"int32\"", "\"dtype\": \"float64\""),
        ("\"max_ponder\": 5", "\"max_ponder\": 2147483647"),
        ("\"labels\": null", "\"labels\": [1]"),
        ("\"vocabulary\": null", "\"vocabulary\": \"bytes\""),
    ]
    for (from, to) in wrong {
        #expect(example.contains(from))
        let text = example.replacing(from, with: to)
        await expectRefusal("m.manifest.json: not a") {
            _ = try Manifest.parse(text, "m.manifest.json")
        }
    }
}

@Test func damagedManifestsAreReadOrRefused() async throws {
    var random = Repeatable(seed: 2)
    for _ in 0..<500 {
        var text = Array(example.utf8)
        for _ in 0..<2 {
            text[.random(in: text.indices, using: &random)] = "{}[]\",:0a-".utf8.randomElement(
                using: &random)!
        }
        do {
            _ = try Manifest.parse(String(decoding: text, as: UTF8.self), "m")
        } catch let refused as Refused {
            #expect(refused.message.hasPrefix("m: "))
        }
    }
}

/// Written by numpy: stored and deflated, by each of zlib's ways.
@Test func arraysAreReadAsNumpyWroteThem() throws {
    let archives = folder("ACT_ARCHIVES")
    let stored = try Npz.read(archives.appendingPathComponent("good-stored.npz"))
    let numbers = try #require(stored["numbers"] as? Floats)
    #expect(numbers.shape == [40, 50])
    #expect(numbers.values[..<3] == [0, 0.5, 1])
    #expect((stored["flags"] as? Flags)?.values == [false, true])
    #expect((stored["steps"] as? Ints)?.part(1).values == [-3, 4])
    for name in ["deflated", "level1", "fixed", "literals", "blocks"] {
        let read = try Npz.read(archives.appendingPathComponent("good-\(name).npz"))
        #expect(Set(read.keys) == Set(stored.keys))
        for (key, tensor) in stored { #expect(isEqual(read[key], tensor), "\(name) \(key)") }
    }
}

@Test func whatIsNoArrayIsRefused() async throws {
    let archives = folder("ACT_ARCHIVES")
    let names = try FileManager.default.contentsOfDirectory(atPath: archives.path)
    let wrong = names.filter { $0.hasPrefix("wrong-") }
    #expect(wrong.count > 12)
    for name in wrong + ["missing.npz", "."] {
        await expectRefusal("not a readable .npz (") {
            _ = try Npz.read(archives.appendingPathComponent(name))
        }
    }
}

@Test(arguments: ["stored", "deflated"])
func damagedArchivesAreReadOrRefused(kind: String) async throws {
    let whole = try Data(
        contentsOf: folder("ACT_ARCHIVES").appendingPathComponent("good-\(kind).npz"))
    let file = try scratch().appendingPathComponent("damaged.npz")
    var random = Repeatable(seed: 1)
    var refusals = 0
    for _ in 0..<300 {
        var damaged = whole.prefix(.random(in: 1...whole.count, using: &random) * 3 / 2)
        for _ in 0..<3 {
            damaged[.random(in: damaged.indices, using: &random)] = .random(
                in: 0...255, using: &random)
        }
        try damaged.write(to: file)
        do {
            _ = try Npz.read(file)
        } catch let refused as Refused {
            refusals += 1
            #expect(refused.message.contains("not a readable .npz"))
        }
    }
    #expect(refusals > 200)
}

private func isEqual(_ a: (any Tensor)?, _ b: any Tensor) -> Bool {
    switch (a, b) {
    case (let a as Floats, let b as Floats): a == b
    case (let a as Ints, let b as Ints): a == b
    case (let a as Flags, let b as Flags): a == b
    default: false
    }
}
