// Declarations of the part of Apple's Swift Charts that ios_demo uses, after its documentation: for type-checking
// on Linux, where nothing is drawn.
import SwiftUI

public protocol Plottable {}
extension Int: Plottable {}
extension Double: Plottable {}
extension String: Plottable {}

public struct PlottableValue<Value: Plottable> {
    public static func value(_ label: some StringProtocol, _ value: Value) -> PlottableValue<Value>
    {
        fatalError()
    }
}

@MainActor @preconcurrency
public protocol ChartContent {}

public struct AnyChartContent: ChartContent {
    nonisolated init(_: Void = ()) {}
}

@resultBuilder
public enum ChartContentBuilder {
    public static func buildBlock<Content: ChartContent>(_ content: Content) -> Content { content }
}

public struct BarMark: ChartContent {
    nonisolated public init(x: PlottableValue<some Plottable>, y: PlottableValue<some Plottable>) {}
}

extension ChartContent {
    nonisolated public func foregroundStyle(_ style: some ShapeStyle) -> some ChartContent {
        AnyChartContent()
    }
}

public struct Chart<Content: ChartContent>: BuiltIn {
    nonisolated public init<Data: RandomAccessCollection, Mark: ChartContent>(
        _ data: Data, @ChartContentBuilder content: @escaping (Data.Element) -> Mark
    ) where Data.Element: Identifiable, Content == AnyChartContent {}
}

public protocol AxisContent {}

@resultBuilder
public enum AxisContentBuilder {
    public static func buildBlock<Content: AxisContent>(_ content: Content) -> Content { content }
}

public struct AxisMarks: AxisContent {
    public init(values: [some Plottable]) {}
}

extension View {
    nonisolated public func chartXAxis(@AxisContentBuilder content: () -> some AxisContent)
        -> some View
    {
        EmptyView()
    }
}
