/// Takes the entries of a manifest as the types that they must have.
struct ManifestReader {
    private typealias Entries = [String: Json]

    private static let mostAxes = 8
    /// Elements that no tensor of a phone has.
    private static let over = 1 << 28
    /// Ponder steps that no layer takes.
    private static let mostPonder = 10_000

    private let root: Entries
    private let name: String

    init(_ text: String, _ name: String) throws {
        self.name = name
        guard case .object(let root) = try Json.read(text, name) else {
            throw Self.wrong("it", name)
        }
        self.root = root
    }

    func manifest() throws -> Manifest {
        guard root["format"] == .string(Manifest.format) else {
            throw Refused(
                "\(name): not a manifest of format \(Manifest.format): export the model again")
        }
        var axes: [String: Int] = [:]
        for value in try list(root["axes"] ?? .array([]), "axes") {
            let axis = try entries(value, "axes")
            axes[try text(axis, "name")] = try natural(axis, "largest")
        }
        let model = try entries(root["model"], "model")
        let read = Manifest(
            artefact: try fileName(text(root, "artefact")),
            target: try text(root, "target"),
            ponder: try text(root, "ponder"),
            sequence: try sequence(),
            precision: try text(root, "precision"),
            batch: try natural(root, "batch"),
            inputs: try list(root["inputs"], "inputs").map { try tensor($0, axes) },
            outputs: try list(root["outputs"], "outputs").map { try tensor($0, axes) },
            states: try list(root["states"], "states").map(state),
            parts: try list(root["parts"] ?? .array([]), "parts").map(part),
            kind: text(model["model"]) ?? "sequence",
            task: text(try entries(root["task"], "task")["name"]) ?? "",
            purpose: text(root["purpose"]),
            license: text(root["license"]),
            epsilon: number(root["epsilon"]).map(Float.init),
            maxPonder: try natural(root, "max_ponder"),
            vocabulary: text(root["vocabulary"]),
            vocabSize: try isNull(model["vocab_size"]) ? nil : natural(model, "vocab_size"),
            labels: try isNull(root["labels"]) ? [] : names(root, "labels"),
            sha256: try text(root, "sha256"),
            size: Int64(max(0, min(number(root["size"]) ?? 0, 1e15))),
            created: try text(root, "created"))
        try check(read)
        return read
    }

    private func check(_ read: Manifest) throws {
        let inputs = try byName(read.inputs, "inputs")
        let outputs = try byName(read.outputs, "outputs")
        if read.data.isEmpty { throw wrong("inputs") }
        // Compared within tolerances; N is whole, or of floats where a target has no integers.
        guard outputs["y"]?.isFloat == true, outputs["remainder"]?.isFloat == true,
            outputs["ponder_steps"] != nil
        else { throw wrong("outputs") }
        for facts in read.inputs where facts.default == nil && facts.shape.first != read.batch {
            throw wrong("inputs")
        }
        for facts in read.outputs where facts.shape.first != read.batch { throw wrong("outputs") }
        for pair in read.states {
            guard let from = inputs[pair.input], let to = outputs[pair.output],
                from.shape == to.shape, from.isFloat == to.isFloat
            else { throw wrong("states") }
        }
        if read.maxPonder > Self.mostPonder { throw wrong("max_ponder") }
        if read.vocabulary == "bytes", (read.vocabSize ?? 0) < ByteText.size {
            throw wrong("vocabulary")
        }
    }

    private func byName(_ tensors: [TensorFacts], _ key: String) throws -> [String: TensorFacts] {
        let found = Dictionary(tensors.map { ($0.name, $0) }) { first, _ in first }
        if found.count < tensors.count { throw wrong(key) }
        return found
    }

    private func sequence() throws -> String {
        if isNumber(root["sequence"]) { return String(try natural(root, "sequence")) }
        return try text(root, "sequence")
    }

    private func tensor(_ value: Json, _ axes: [String: Int]) throws -> TensorFacts {
        let entry = try entries(value, "inputs")
        let shape: [Int?] = try list(entry["shape"], "shape").map { axis in
            switch axis {
            case .null: return nil
            case .string(let name):
                guard let largest = axes[name] else { throw wrong("shape") }
                return largest
            default: return try length(axis, "shape")
            }
        }
        let elements = shape.reduce(1) { min($0 * ($1 ?? 1), Self.over) }
        if shape.count > Self.mostAxes || elements == Self.over { throw wrong("shape") }
        let dtype = try text(entry, "dtype")
        if dtype != "float32" && dtype != "int32" { throw wrong("dtype") }
        return TensorFacts(
            name: try text(entry, "name"), isFloat: dtype == "float32", shape: shape,
            default: number(entry["default"]).map(Float.init))
    }

    private func state(_ value: Json) throws -> StatePair {
        let entry = try entries(value, "states")
        guard let initial = number(entry["initial"]) else { throw wrong("states") }
        return StatePair(
            input: try text(entry, "input"), output: try text(entry, "output"),
            initial: Float(initial))
    }

    private func part(_ value: Json) throws -> Part {
        let entry = try entries(value, "parts")
        let repeated = isNull(entry["repeat"]) ? nil : try entries(entry["repeat"], "repeat")
        return Part(
            name: try fileName(text(entry, "name")),
            inputs: try names(entry, "inputs"),
            outputs: try names(entry, "outputs"),
            progress: try repeated.map { try text($0, "progress") },
            threshold: try repeated.map { try threshold($0["threshold"]) })
    }

    private func threshold(_ value: Json?) throws -> Part.Threshold {
        switch value {
        case .string(let name): return .value(name)
        case .number(let number): return .number(Float(number))
        default: throw wrong("repeat")
        }
    }

    /// A name that is of a file beside the manifest, never a path.
    private func fileName(_ text: String) throws -> String {
        if !Files.isName(text) { throw wrong("artefact") }
        return text
    }

    private func entries(_ value: Json?, _ place: String) throws -> Entries {
        guard case .object(let found) = value else { throw wrong(place) }
        return found
    }

    private func list(_ value: Json?, _ place: String) throws -> [Json] {
        guard case .array(let found) = value else { throw wrong(place) }
        return found
    }

    private func names(_ from: Entries, _ key: String) throws -> [String] {
        try list(from[key], key).map {
            guard let name = text($0) else { throw wrong(key) }
            return name
        }
    }

    private func text(_ from: Entries, _ key: String) throws -> String {
        guard let found = text(from[key]) else { throw wrong(key) }
        return found
    }

    private func text(_ value: Json?) -> String? {
        if case .string(let text) = value { text } else { nil }
    }

    private func number(_ value: Json?) -> Double? {
        if case .number(let number) = value { number } else { nil }
    }

    private func isNumber(_ value: Json?) -> Bool { number(value) != nil }

    private func isNull(_ value: Json?) -> Bool { value == nil || value == .null }

    private func natural(_ from: Entries, _ key: String) throws -> Int {
        try length(from[key], key)
    }

    private func length(_ value: Json?, _ key: String) throws -> Int {
        guard let number = number(value), number >= 1, number <= Double(Int32.max),
            number == number.rounded()
        else { throw wrong(key) }
        return Int(number)
    }

    private func wrong(_ key: String) -> Refused { Self.wrong(key, name) }

    private static func wrong(_ key: String, _ name: String) -> Refused {
        Refused("\(name): not a whole manifest (\(key)): export the model again")
    }
}
