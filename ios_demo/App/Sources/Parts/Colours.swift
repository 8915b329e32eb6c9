import ActDemoCore
import SwiftUI

extension Color {
    /// A colour of 0xRRGGBB.
    init(rgb: UInt32) {
        self.init(
            red: Double(rgb >> 16 & 0xff) / 255, green: Double(rgb >> 8 & 0xff) / 255,
            blue: Double(rgb & 0xff) / 255)
    }
}

extension EnvironmentValues {
    /// The colours for light or dark, as the system shows the app.
    var palette: Palette { colorScheme == .dark ? .dark : .light }
}
