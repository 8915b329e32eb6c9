#if canImport(CoreML)
    import ActKit
    import CoreML
    import Foundation

    /// The processors that a model may use, as a user chooses them.
    public enum ComputeUnits: String, Sendable, CaseIterable {
        case all, cpuOnly, cpuAndGPU, cpuAndNeuralEngine

        var units: MLComputeUnits {
            switch self {
            case .all: .all
            case .cpuOnly: .cpuOnly
            case .cpuAndGPU: .cpuAndGPU
            case .cpuAndNeuralEngine: .cpuAndNeuralEngine
            }
        }
    }

    /// Apple's Core ML: what `act-export --target coreml` writes in the forms `loop`, `unroll` and `host`.
    ///
    /// A package is compiled on the device once, and kept in `cache` under the artefact's sha256. The opened
    /// model's `backend` names the processors that Core ML plans to use (`MLComputePlan`), where the system
    /// tells: iOS 17.4, macOS 14.4.
    public struct CoreMLRuntime: Runtime {
        public let name = "Core ML"
        public let target = "coreml"
        public let units: ComputeUnits
        public let cache: URL

        /// - Parameter cache: a folder of the app's own, such as one in Caches; made if it is missing.
        public init(cache: URL, units: ComputeUnits = .all) {
            self.cache = cache
            self.units = units
        }

        public func open(_ artefact: URL, _ manifest: Manifest) async throws -> any StepModel {
            let key = manifest.sha256
            guard key.count == 64, key.allSatisfy(\.isHexDigit) else {
                throw Refused("\(manifest.artefact): not a sha256: export the model again")
            }
            let compiled = cache.appendingPathComponent(key, isDirectory: true)
            do {
                if manifest.parts.isEmpty {
                    let file = compiled.appendingPathComponent("model.mlmodelc")
                    return try await load(artefact, file)
                }
                var parts: [String: PredictingModel] = [:]
                for part in manifest.parts {
                    parts[part.name] = try await load(
                        artefact.appendingPathComponent("\(part.name).mlpackage"),
                        compiled.appendingPathComponent("\(part.name).mlmodelc"))
                }
                return HostDriven(
                    manifest.parts, maxPonder: manifest.maxPonder, PredictingParts(parts))
            } catch let refused as Refused {
                throw refused
            } catch {
                throw Refused("\(manifest.artefact): Core ML refuses it: \(reason(error))")
            }
        }

        /// The model of a package, compiled before or now.
        private func load(_ package: URL, _ compiled: URL) async throws -> PredictingModel {
            if FileManager.default.fileExists(atPath: compiled.path) {
                do {
                    return try await PredictingModel(compiled, units)
                } catch {
                    // Compiled by another version of the system: once more.
                    try FileManager.default.removeItem(at: compiled)
                }
            }
            let made = try await MLModel.compileModel(at: package)
            try FileManager.default.createDirectory(
                at: compiled.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.moveItem(at: made, to: compiled)
            return try await PredictingModel(compiled, units)
        }
    }
#endif
