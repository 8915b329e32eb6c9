import ActDemoCore
import SwiftUI
import UIKit

/// The app's benchmark mode: measures once, and shows what came of it.
///
/// `act-profile --device ios` launches it and reads the rows from the app's Documents folder.
struct BenchmarkView: View {
    let arguments: [String]
    @State private var status: String?

    var body: some View {
        Text(status ?? Words.app(.measuring))
            .padding()
            .task {
                UIApplication.shared.isIdleTimerDisabled = true
                let said = await LaunchBenchmark.run(
                    arguments, folder: AppFolders.documents, runtimes: Runtimes.choices)
                // devicectl shows it with --console.
                print("act-benchmark: \(said)")
                status = said
                UIApplication.shared.isIdleTimerDisabled = false
            }
    }
}
