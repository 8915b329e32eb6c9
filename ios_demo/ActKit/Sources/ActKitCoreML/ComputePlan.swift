#if canImport(CoreML)
    import CoreML
    import Foundation

    /// The processors on which Core ML plans to run a compiled model, in words, with their numbers of
    /// operations; where the system does not tell, or fails to, those that it may use.
    func plannedProcessors(_ file: URL, _ units: ComputeUnits) async -> String {
        let unknown = "may use \(units.rawValue); its plan is unknown"
        guard #available(iOS 17.4, macOS 14.4, *) else { return unknown }
        let configuration = MLModelConfiguration()
        configuration.computeUnits = units.units
        guard
            let plan = try? await MLComputePlan.load(
                contentsOf: file, configuration: configuration),
            case .program(let program) = plan.modelStructure
        else { return unknown }
        var counts: [String: Int] = [:]
        for function in program.functions.values { count(function.block, plan, &counts) }
        let parts = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return parts.map { "\($0.key) \($0.value)" }.joined(separator: ", ") + " operations"
    }

    /// Count the operations of a block, and of the blocks within them: a loop's condition and body.
    @available(iOS 17.4, macOS 14.4, *)
    private func count(
        _ block: MLModelStructure.Program.Block, _ plan: MLComputePlan,
        _ counts: inout [String: Int]
    ) {
        for operation in block.operations {
            // Constants run nowhere.
            if let usage = plan.deviceUsage(for: operation) {
                counts[name(usage.preferred), default: 0] += 1
            }
            for inner in operation.blocks { count(inner, plan, &counts) }
        }
    }

    @available(iOS 17.4, macOS 14.4, *)
    private func name(_ device: MLComputeDevice) -> String {
        switch device {
        case .cpu: "CPU"
        case .gpu: "GPU"
        case .neuralEngine: "Neural Engine"
        @unknown default: "another processor"
        }
    }
#endif
