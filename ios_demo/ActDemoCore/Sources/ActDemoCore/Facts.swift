import ActKit

/// A fact about the open model: its title and its value.
public struct Fact: Sendable, Equatable, Identifiable {
    public let title: String
    public let value: String
    public var id: String { title }
}

extension OpenModel {
    /// The manifest's facts, and where the model runs.
    public func facts(_ words: Words) -> [Fact] {
        let state = manifest.states.map(\.input).joined(separator: ", ")
        let form = [manifest.target, manifest.ponder, manifest.sequence, manifest.precision]
        let facts: [(Word, String)] = [
            (.factBackend, backend),
            (.factPurpose, manifest.purpose ?? words(.unknown)),
            (.factForm, form.joined(separator: ", ")),
            (.factPonder, words.number(manifest.maxPonder)),
            (.factEpsilon, manifest.epsilon.map { "\($0)" } ?? words(.unknown)),
            (.factInputs, described(manifest.inputs)),
            (.factOutputs, described(manifest.outputs)),
            (.factState, state.isEmpty ? words(.none) : state),
            (.factGolden, words(.goldenPassed, words.number(golden.calls))),
            (.factSize, words(.bytes, words.number(Int(manifest.size)))),
            (.factLicense, manifest.license ?? words(.unknown)),
            (.factCreated, manifest.created),
            (.factHash, manifest.sha256),
        ]
        return facts.map { Fact(title: words($0), value: $1) }
    }

    private func described(_ tensors: [TensorFacts]) -> String {
        tensors.map { facts in
            let shape = facts.shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", ")
            return "\(facts.name) (\(shape))"
        }.joined(separator: "\n")
    }
}
