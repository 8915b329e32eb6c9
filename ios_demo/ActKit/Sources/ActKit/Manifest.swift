import Foundation

/// An input or output; a length of nil is one that a call chooses.
public struct TensorFacts: Sendable, Equatable {
    public let name: String
    public let isFloat: Bool
    public let shape: [Int?]
    /// The model's own value of an input of the budget; nil for any other.
    public let `default`: Float?

    /// Its shape in a call whose free axes all have this length.
    public func at(_ length: Int) -> [Int] { shape.map { $0 ?? length } }

    /// Zeros, or whatever `value` is.
    public func filled(_ value: Float) -> any Tensor {
        let sizes = at(1)
        let size = sizes.reduce(1, *)
        return isFloat
            ? Floats(sizes, [Float](repeating: value, count: size))
            : Ints(sizes, [Int32](repeating: whole(value), count: size))
    }
}

/// A state: a call's `output` is the next one's `input`; a sequence begins with `initial`.
public struct StatePair: Sendable, Equatable {
    public let input: String
    public let output: String
    public let initial: Float
}

/// A part of the host form: called once or, with `progress`, as long as that is below `threshold`.
public struct Part: Sendable, Equatable {
    /// A number, or the name of the value that holds it.
    public enum Threshold: Sendable, Equatable {
        case number(Float)
        case value(String)
    }

    public let name: String
    public let inputs: [String]
    public let outputs: [String]
    public let progress: String?
    public let threshold: Threshold?

    public init(
        name: String, inputs: [String], outputs: [String], progress: String? = nil,
        threshold: Threshold? = nil
    ) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.progress = progress
        self.threshold = threshold
    }
}

/// The description of an exported model: `NAME.manifest.json`, as far as an app needs it.
public struct Manifest: Sendable {
    public let artefact: String
    public let target: String
    public let ponder: String
    /// `stream`, `dynamic`, `whole` or a number of time steps.
    public let sequence: String
    public let precision: String
    public let batch: Int
    public let inputs: [TensorFacts]
    public let outputs: [TensorFacts]
    public let states: [StatePair]
    public let parts: [Part]
    /// `sequence` or `iterated`.
    public let kind: String
    /// The name of its task; empty if it has none.
    public let task: String
    public let purpose: String?
    public let license: String?
    public let epsilon: Float?
    public let maxPonder: Int
    public let vocabulary: String?
    public let vocabSize: Int?
    public let labels: [String]
    public let sha256: String
    public let size: Int64
    public let created: String

    /// The name that the artefact's files share.
    public var name: String {
        guard let dot = artefact.lastIndex(of: ".") else { return artefact }
        return String(artefact[..<dot])
    }

    /// Inputs that are neither state nor budget.
    public var data: [TensorFacts] {
        let state = Set(states.map(\.input))
        return inputs.filter { $0.default == nil && !state.contains($0.name) }
    }

    /// `halt_threshold` and `max_ponder`, where they are inputs.
    public var budget: [TensorFacts] { inputs.filter { $0.default != nil } }

    /// The state that a sequence begins with.
    public func initialState() -> Tensors {
        var found: Tensors = [:]
        for pair in states {
            found[pair.input] = inputs.first { $0.name == pair.input }?.filled(pair.initial)
        }
        return found
    }

    /// The model's own budget, as its inputs; empty where it has none.
    public func defaultBudget() -> Tensors {
        var found: Tensors = [:]
        for facts in budget { found[facts.name] = facts.filled(facts.default ?? 0) }
        return found
    }

    public static let format = "act-mobile/manifest/1"
    public static let suffix = ".manifest.json"

    /// Bytes of a manifest that are read.
    public static let limit = 16 << 20

    /// Read a manifest.
    ///
    /// - Throws: `Refused` if it is missing, or not a manifest of this format.
    public static func read(_ file: URL) throws -> Manifest {
        let name = file.lastPathComponent
        let text: [UInt8]
        do {
            text = try Files.bytes(of: file, limit: limit)
        } catch {
            throw Refused("\(name): cannot be read (\(error.reason))")
        }
        return try parse(String(decoding: text, as: UTF8.self), name)
    }

    /// The same from text; `name` is the file's, for messages.
    public static func parse(_ text: String, _ name: String) throws -> Manifest {
        try ManifestReader(text, name).manifest()
    }
}
