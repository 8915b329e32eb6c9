import Foundation

/// Real calls and their answers, `NAME.golden.npz`: what a model must answer here before it is used.
public struct Golden: Sendable {
    /// Calls in it.
    public let calls: Int

    private let manifest: Manifest
    private let arrays: Tensors

    public static let suffix = ".golden.npz"

    /// The inputs of a call: data, state and budget.
    public func inputs(_ call: Int) -> Tensors { fatalError("to come") }

    /// The outputs that are expected.
    public func outputs(_ call: Int) -> Tensors { fatalError("to come") }

    /// Run every call and compare.
    ///
    /// N must be equal, except where a halting sum lies on the threshold. Floats may be off by the bundle's
    /// own tolerance; the outputs of a row whose N differs are not compared.
    ///
    /// - Returns: what is wrong, in words; nil if nothing is.
    public func check(_ model: any StepModel) async throws -> String? { fatalError("to come") }

    /// Read the bundle of an artefact.
    ///
    /// - Throws: `Refused` if it is missing, damaged, or another artefact's.
    public static func read(_ manifest: Manifest, _ file: URL) throws -> Golden {
        fatalError("to come")
    }
}
