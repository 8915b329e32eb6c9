#if canImport(CoreML)
    import ActKit
    import CoreML
    import Foundation

    /// The processors that a model may use, as a user chooses them.
    public enum ComputeUnits: String, Sendable, CaseIterable {
        case all, cpuOnly, cpuAndGPU, cpuAndNeuralEngine
    }

    /// Apple's Core ML: packages of `act-export --target coreml` in the forms `loop`, `unroll` and `host`.
    ///
    /// A package is compiled on the device once, and kept in `cache` under its sha256. The opened model's
    /// `backend` says which processors run how many operations, where iOS 17.4 or macOS 14.4 tells (MLComputePlan).
    public struct CoreMLRuntime: Runtime {
        public let name = "Core ML"
        public let target = "coreml"
        public let units: ComputeUnits
        public let cache: URL

        /// - Parameter cache: a folder of the app's own, such as one in `Caches`.
        public init(cache: URL, units: ComputeUnits = .all) {
            self.cache = cache
            self.units = units
        }

        public func open(_ artefact: URL, _ manifest: Manifest) async throws -> any StepModel {
            fatalError("to come")
        }
    }
#endif
