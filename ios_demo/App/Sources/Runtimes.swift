import ActDemoCore
import ActKit
import ActKitCoreML
import ActKitNative

/// What can run a model here: the native engine, and Core ML with each choice of its processors.
enum Runtimes {
    static let choices: [RuntimeChoice] =
        [RuntimeChoice(id: "native", title: .nativeEngine, runtime: NativeEngine())] + coreML

    private static let coreML: [RuntimeChoice] = ComputeUnits.allCases.map { units in
        RuntimeChoice(
            id: "coreml-\(units.rawValue)", title: title(units),
            runtime: CoreMLRuntime(cache: AppFolders.cache, units: units))
    }

    private static func title(_ units: ComputeUnits) -> Word {
        switch units {
        case .all: .coremlAll
        case .cpuOnly: .coremlCpu
        case .cpuAndGPU: .coremlGpu
        case .cpuAndNeuralEngine: .coremlNeural
        }
    }
}
