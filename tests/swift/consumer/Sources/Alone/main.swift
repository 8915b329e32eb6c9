// Act and nothing else: Foundation would bring libm, which the engine must bring itself.
import Act

let model = try ActModel(path: CommandLine.arguments[1])
let y = try model.context().step([Float](repeating: 0, count: model.inputSize))
print("\(model.kernels): \(y.count) outputs")
