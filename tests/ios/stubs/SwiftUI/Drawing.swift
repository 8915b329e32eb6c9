import Combine
import Foundation

public protocol ShapeStyle: Sendable {}
public struct Color: ShapeStyle, BuiltIn {
    public static let clear = Color(red: 0, green: 0, blue: 0)
    nonisolated public init(red: Double, green: Double, blue: Double) {}
}

public struct Font: Sendable {
    public enum TextStyle: Sendable { case body, headline }
    public enum Design: Sendable { case monospaced }
    public static let headline = Font()
    public static let subheadline = Font()
    public static let footnote = Font()
    public static func system(size: CGFloat, design: Design?) -> Font { Font() }
}

public protocol Shape: View {}
public struct Rectangle: Shape, BuiltIn { nonisolated public init() {} }
public struct RoundedRectangle: Shape, BuiltIn { nonisolated public init(cornerRadius: CGFloat) {} }
extension Shape {
    nonisolated public func stroke(_ style: some ShapeStyle, lineWidth: CGFloat = 1) -> some View {
        EmptyView()
    }
}

public struct Path: Sendable {
    public init() {}
    public init(_ rect: CGRect) {}
    public init(ellipseIn rect: CGRect) {}
    public mutating func move(to: CGPoint) {}
    public mutating func addLine(to: CGPoint) {}
    public mutating func closeSubpath() {}
}

public enum LineCap: Sendable { case round, butt }
public struct StrokeStyle: Sendable {
    public init(lineWidth: CGFloat = 1, lineCap: LineCap = .butt) {}
}

public struct GraphicsContext {
    public struct Shading: Sendable {
        public static func color(_ color: Color) -> Shading { Shading() }
    }
    public var opacity: Double
    public func fill(_ path: Path, with shading: Shading) {}
    public func stroke(_ path: Path, with shading: Shading, style: StrokeStyle) {}
}

public struct Canvas: BuiltIn {
    nonisolated public init(renderer: @escaping (inout GraphicsContext, CGSize) -> Void) {}
}

public protocol Gesture { associatedtype Value }
public struct DragGesture: Gesture {
    public struct Value: Sendable { public var location: CGPoint }
    public init(minimumDistance: CGFloat = 10) {}
    public func onChanged(_ action: @escaping (Value) -> Void) -> DragGesture { self }
    public func onEnded(_ action: @escaping (Value) -> Void) -> DragGesture { self }
    public func updating<State>(
        _ state: GestureState<State>,
        body: @escaping (Value, inout State, inout Transaction) -> Void
    ) -> GestureStateGesture<DragGesture, State> { fatalError() }
}
public struct GestureStateGesture<Base: Gesture, State>: Gesture {
    public typealias Value = Base.Value
}
public struct Transaction {}

public enum Axis: Sendable {
    case horizontal, vertical
    public struct Set: Sendable { public static let horizontal = Set() }
}

public enum ContentMode: Sendable { case fit, fill }
