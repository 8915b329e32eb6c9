import Combine
import Foundation

public struct ButtonRole: Sendable { public static let destructive = Self() }

public struct Button<Title: View>: BuiltIn {
    nonisolated public init(
        action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Title
    ) {}
}

extension Button where Title == Text {
    nonisolated public init(_ title: some StringProtocol, action: @escaping @MainActor () -> Void) {
    }
    nonisolated public init(
        _ title: some StringProtocol, role: ButtonRole?, action: @escaping @MainActor () -> Void
    ) {}
}

extension Button where Title == Label<Text, Image> {
    nonisolated public init(
        _ title: some StringProtocol, systemImage: String, action: @escaping @MainActor () -> Void
    ) {}
}

public struct Slider: BuiltIn {
    nonisolated public init<V: BinaryFloatingPoint>(
        value: Binding<V>, in bounds: ClosedRange<V>, step: V.Stride = 1
    ) where V.Stride: BinaryFloatingPoint {}
}

public struct TextField: BuiltIn {
    nonisolated public init(_ title: some StringProtocol, text: Binding<String>, axis: Axis) {}
}

public struct ProgressView<Title: View>: BuiltIn {
    nonisolated public init(@ViewBuilder label: () -> Title) {}
}

extension ProgressView where Title == EmptyView { nonisolated public init() {} }

public struct ShareLink<Title: View>: BuiltIn {
    nonisolated public init(item: String, @ViewBuilder label: () -> Title) {}
}

public protocol ButtonStyle {}
public struct AnyButtonStyle: ButtonStyle {}
extension ButtonStyle where Self == AnyButtonStyle {
    public static var bordered: Self { Self() }
    public static var borderedProminent: Self { Self() }
    public static var plain: Self { Self() }
}

public struct TextFieldStyle: Sendable { public static let roundedBorder = Self() }
public struct TextSelection: Sendable { public static let enabled = Self() }
