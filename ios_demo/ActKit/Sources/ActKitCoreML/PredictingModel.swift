#if canImport(CoreML)
    import ActKit
    import CoreML
    import Foundation

    /// A compiled model.
    ///
    /// Shared by threads: the asynchronous prediction of iOS 17 may be called by any number of them, the older
    /// one is called by one at a time. That is why `Sendable` need not be checked.
    final class PredictingModel: StepModel, @unchecked Sendable {
        let backend: String
        private let model: MLModel
        private let lock = NSLock()

        /// - Parameter file: of the suffix `.mlmodelc`.
        init(_ file: URL, _ units: ComputeUnits) async throws {
            let configuration = MLModelConfiguration()
            configuration.computeUnits = units.units
            model = try await MLModel.load(contentsOf: file, configuration: configuration)
            backend = "Core ML, \(await plannedProcessors(file, units))"
        }

        func call(_ inputs: Tensors) async throws -> Tensors {
            do {
                return try tensors(try await predicted(from: try provider(inputs)))
            } catch let refused as Refused {
                throw refused
            } catch {
                throw Refused("Core ML: \(reason(error))")
            }
        }

        private func predicted(
            from input: any MLFeatureProvider
        ) async throws -> any MLFeatureProvider {
            if #available(iOS 17, macOS 14, *) {
                return try await model.prediction(from: input)
            }
            return try lock.withLock { try model.prediction(from: input) }
        }

        private func provider(_ inputs: Tensors) throws -> any MLFeatureProvider {
            let features = try inputs.mapValues { tensor in
                switch tensor {
                case let tensor as Floats:
                    MLFeatureValue(
                        shapedArray: MLShapedArray<Float>(
                            scalars: tensor.values, shape: tensor.shape))
                case let tensor as Ints:
                    MLFeatureValue(
                        shapedArray: MLShapedArray<Int32>(
                            scalars: tensor.values, shape: tensor.shape))
                default: throw Refused("Core ML takes numbers")
                }
            }
            return try MLDictionaryFeatureProvider(dictionary: features)
        }

        /// Outputs in C order, whatever the strides of their memory.
        private func tensors(_ outputs: any MLFeatureProvider) throws -> Tensors {
            var found: Tensors = [:]
            for name in outputs.featureNames {
                guard let array = outputs.featureValue(for: name)?.multiArrayValue else {
                    throw Refused("Core ML: '\(name)' is no array")
                }
                if array.dataType == .int32 {
                    let converted = MLShapedArray<Int32>(converting: array)
                    found[name] = Ints(converted.shape, converted.scalars)
                } else {
                    let converted = MLShapedArray<Float>(converting: array)
                    found[name] = Floats(converted.shape, converted.scalars)
                }
            }
            return found
        }
    }

    /// Core ML's own words, in one line.
    func reason(_ error: any Error) -> String {
        error.localizedDescription.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// The parts of a host form, each a model.
    struct PredictingParts: PartModel {
        let backend: String
        private let models: [String: PredictingModel]

        init(_ models: [String: PredictingModel]) {
            self.models = models
            let backends = models.map { "\($0.key): \($0.value.backend)" }
            backend = backends.sorted().joined(separator: "; ")
        }

        func call(_ part: String, _ inputs: Tensors) async throws -> Tensors {
            guard let model = models[part] else { throw Refused("there is no part '\(part)'") }
            return try await model.call(inputs)
        }
    }
#endif
