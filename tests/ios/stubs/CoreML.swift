// Declarations of the part of Apple's Core ML that ios_demo calls, after its documentation: for type-checking
// on Linux, where no call returns. Classes are not Sendable here, which is the harder case.
import Foundation

public enum MLComputeUnits: Int, Sendable {
    case cpuOnly, cpuAndGPU, all, cpuAndNeuralEngine
}

public final class MLModelConfiguration {
    public init() {}
    public var computeUnits: MLComputeUnits = .all
}

public final class MLPredictionOptions {
    public init() {}
}

public protocol MLFeatureProvider {
    var featureNames: Set<String> { get }
    func featureValue(for featureName: String) -> MLFeatureValue?
}

public final class MLDictionaryFeatureProvider: MLFeatureProvider {
    public init(dictionary: [String: Any]) throws {}
    public var featureNames: Set<String> { fatalError() }
    public func featureValue(for featureName: String) -> MLFeatureValue? { fatalError() }
}

public final class MLFeatureValue {
    public init(shapedArray: MLShapedArray<some MLShapedArrayScalar>) {}
    public var multiArrayValue: MLMultiArray? { fatalError() }
}

public enum MLMultiArrayDataType: Int, Sendable {
    case double, float32, float16, int32
}

public final class MLMultiArray {
    public var dataType: MLMultiArrayDataType { fatalError() }
    public var shape: [NSNumber] { fatalError() }
}

public protocol MLShapedArrayScalar {}
extension Float: MLShapedArrayScalar {}
extension Int32: MLShapedArrayScalar {}

public struct MLShapedArray<Scalar: MLShapedArrayScalar> {
    public init(scalars: some Sequence<Scalar>, shape: [Int]) {}
    public init(converting multiArray: MLMultiArray) {}
    public var scalars: [Scalar] { fatalError() }
    public var shape: [Int] { fatalError() }
}

public class MLModel {
    public class func compileModel(at modelURL: URL) async throws -> URL { fatalError() }
    public class func load(
        contentsOf url: URL, configuration: MLModelConfiguration = MLModelConfiguration()
    ) async throws -> MLModel { fatalError() }
    public func prediction(from input: any MLFeatureProvider) throws -> any MLFeatureProvider {
        fatalError()
    }
    public func prediction(
        from input: any MLFeatureProvider, options: MLPredictionOptions = MLPredictionOptions()
    ) async throws -> any MLFeatureProvider { fatalError() }
}

public final class MLCPUComputeDevice {}
public final class MLGPUComputeDevice {}
public final class MLNeuralEngineComputeDevice {}

public enum MLComputeDevice {
    case cpu(MLCPUComputeDevice)
    case gpu(MLGPUComputeDevice)
    case neuralEngine(MLNeuralEngineComputeDevice)
}

public enum MLModelStructure {
    public struct NeuralNetwork {}
    public struct Pipeline {}

    public struct Program {
        public struct Function {
            public var block: Block { fatalError() }
        }

        public struct Block {
            public var operations: [Operation] { fatalError() }
        }

        public struct Operation {
            public var operatorName: String { fatalError() }
            public var blocks: [Block] { fatalError() }
        }

        public var functions: [String: Function] { fatalError() }
    }

    case neuralNetwork(NeuralNetwork)
    case program(Program)
    case pipeline(Pipeline)
    case unsupported
}

public final class MLComputePlan {
    public struct DeviceUsage {
        public var supported: [MLComputeDevice] { fatalError() }
        public var preferred: MLComputeDevice { fatalError() }
    }

    public class func load(
        contentsOf url: URL, configuration: MLModelConfiguration
    ) async throws -> MLComputePlan { fatalError() }
    public var modelStructure: MLModelStructure { fatalError() }
    public func deviceUsage(for operation: MLModelStructure.Program.Operation) -> DeviceUsage? {
        fatalError()
    }
}
