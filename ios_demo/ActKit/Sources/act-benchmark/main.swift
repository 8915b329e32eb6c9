// The app's benchmark mode as a program: act-benchmark FOLDER --model NAME --data NAME.npz --rows NAME.bin
import ActKit
import ActKitNative
import Foundation

let arguments = Array(CommandLine.arguments.dropFirst())
guard let folder = arguments.first else {
    print("usage: act-benchmark FOLDER --model NAME --data NAME.npz --rows NAME.bin [--runs N]")
    exit(2)
}
do {
    let benchmark = try Benchmark.of(
        Array(arguments.dropFirst()), URL(fileURLWithPath: folder, isDirectory: true))
    print("done: \(try await benchmark.run([NativeEngine()]))")
} catch {
    print("refused: \(error)")
    exit(2)
}
