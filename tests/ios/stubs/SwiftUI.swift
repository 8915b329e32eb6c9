// Declarations of the part of Apple's SwiftUI that ios_demo uses, after its documentation for iOS 16: for
// type-checking on Linux, where nothing is drawn. Closures that Apple's keep on the main actor are so here.
@_exported import Combine
@_exported import Foundation
import UniformTypeIdentifiers

// MARK: Views

@MainActor @preconcurrency
public protocol View {
    associatedtype Body: View
    @ViewBuilder @MainActor @preconcurrency var body: Self.Body { get }
}

/// Here alone: a view of SwiftUI's own.
public protocol BuiltIn: View where Body == Never {}
extension BuiltIn { public var body: Never { fatalError() } }
extension Never: View { public var body: Never { fatalError() } }
extension Optional: View where Wrapped: View { public var body: Never { fatalError() } }

@resultBuilder
public struct ViewBuilder {
    public static func buildExpression<Content: View>(_ content: Content) -> Content { content }
    public static func buildBlock() -> EmptyView { EmptyView() }
    public static func buildBlock<Content: View>(_ content: Content) -> Content { content }
    public static func buildBlock<each Content: View>(
        _ content: repeat each Content
    ) -> TupleView<(repeat each Content)> { fatalError() }
    public static func buildIf<Content: View>(_ content: Content?) -> Content? { content }
    public static func buildEither<True: View, False: View>(
        first: True
    ) -> ConditionalContent<True, False> { fatalError() }
    public static func buildEither<True: View, False: View>(
        second: False
    ) -> ConditionalContent<True, False> { fatalError() }
}

public struct EmptyView: BuiltIn { nonisolated public init() {} }
public struct TupleView<Views>: BuiltIn {}
public struct ConditionalContent<True, False>: BuiltIn {}
public struct AnyView: BuiltIn { nonisolated public init(_ view: some View) {} }

public struct Text: BuiltIn {
    @_disfavoredOverload nonisolated public init(_ content: some StringProtocol) {}
    nonisolated public init(verbatim content: String) {}
    nonisolated public func monospacedDigit() -> Text { self }
    nonisolated public func font(_ font: Font?) -> Text { self }
}

public struct Image: BuiltIn { nonisolated public init(systemName: String) {} }
public struct Spacer: BuiltIn { nonisolated public init() {} }

public struct Label<Title: View, Icon: View>: BuiltIn {}
extension Label where Title == Text, Icon == Image {
    nonisolated public init(_ title: some StringProtocol, systemImage name: String) {}
}

public struct HorizontalAlignment: Sendable {
    public static let leading = Self()
    public static let center = Self()
}

public struct VerticalAlignment: Sendable {
    public static let top = Self()
    public static let center = Self()
}

public struct Alignment: Sendable {
    public static let leading = Self()
    public static let center = Self()
    public static let bottom = Self()
}

public struct TextAlignment: Sendable { public static let leading = Self() }

public struct HStack<Content: View>: BuiltIn {
    nonisolated public init(
        alignment: VerticalAlignment = .center, spacing: CGFloat? = nil,
        @ViewBuilder content: () -> Content
    ) {}
}

public struct VStack<Content: View>: BuiltIn {
    nonisolated public init(
        alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil,
        @ViewBuilder content: () -> Content
    ) {}
}

public struct LazyVStack<Content: View>: BuiltIn {
    nonisolated public init(
        alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil,
        @ViewBuilder content: () -> Content
    ) {}
}

public struct ZStack<Content: View>: BuiltIn {
    nonisolated public init(alignment: Alignment = .center, @ViewBuilder content: () -> Content) {}
}

public struct Group<Content: View>: BuiltIn {
    nonisolated public init(@ViewBuilder content: () -> Content) {}
}

public struct ScrollView<Content: View>: BuiltIn {
    nonisolated public init(@ViewBuilder content: () -> Content) {}
}

public struct ViewThatFits<Content: View>: BuiltIn {
    nonisolated public init(in axes: Axis.Set, @ViewBuilder content: () -> Content) {}
}

public struct ForEach<Data: RandomAccessCollection, ID: Hashable, Content: View>: BuiltIn {
    nonisolated public init(
        _ data: Data, @ViewBuilder content: @escaping (Data.Element) -> Content
    ) where Data.Element: Identifiable, ID == Data.Element.ID {}
    nonisolated public init(
        _ data: Data, id: KeyPath<Data.Element, ID>,
        @ViewBuilder content: @escaping (Data.Element) -> Content
    ) {}
}

public struct List<Selection, Content: View>: BuiltIn {
    nonisolated public init(
        selection: Binding<Selection?>, @ViewBuilder content: () -> Content
    ) where Selection: Hashable {}
}

public struct NavigationStack<Content: View>: BuiltIn {
    nonisolated public init(@ViewBuilder root: () -> Content) {}
}

public struct NavigationSplitView<Sidebar: View, Detail: View>: BuiltIn {
    nonisolated public init(
        @ViewBuilder sidebar: () -> Sidebar, @ViewBuilder detail: () -> Detail
    ) {}
}

public struct TabView<Selection: Hashable, Content: View>: BuiltIn {
    nonisolated public init(selection: Binding<Selection>?, @ViewBuilder content: () -> Content) {}
}

public struct DisclosureGroup<Title: View, Content: View>: BuiltIn {}
extension DisclosureGroup where Title == Text {
    nonisolated public init(
        _ label: some StringProtocol, @ViewBuilder content: @escaping () -> Content
    ) {}
}

public struct GeometryProxy: Sendable { public var size: CGSize { fatalError() } }
public struct GeometryReader<Content: View>: BuiltIn {
    nonisolated public init(@ViewBuilder content: @escaping (GeometryProxy) -> Content) {}
}

// MARK: Controls

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

// MARK: State

public protocol DynamicProperty {}

@propertyWrapper
public struct State<Value>: DynamicProperty {
    public init(wrappedValue: Value) {}
    public var wrappedValue: Value {
        get { fatalError() }
        nonmutating set { fatalError() }
    }
    public var projectedValue: Binding<Value> { fatalError() }
}

extension State where Value: ExpressibleByNilLiteral { public init() {} }

@propertyWrapper
public struct Binding<Value>: DynamicProperty {
    public init(projectedValue: Binding<Value>) {}
    public var wrappedValue: Value {
        get { fatalError() }
        nonmutating set { fatalError() }
    }
    public var projectedValue: Binding<Value> { self }
}

@MainActor @preconcurrency @propertyWrapper
public struct StateObject<Object: ObservableObject>: DynamicProperty {
    nonisolated public init(wrappedValue: @autoclosure @escaping () -> Object) {}
    public var wrappedValue: Object { fatalError() }
    public var projectedValue: ObservedObject<Object>.Wrapper { fatalError() }
}

@MainActor @preconcurrency @propertyWrapper
public struct ObservedObject<Object: ObservableObject>: DynamicProperty {
    @MainActor @preconcurrency @dynamicMemberLookup
    public struct Wrapper {
        public subscript<Subject>(
            dynamicMember path: ReferenceWritableKeyPath<Object, Subject>
        ) -> Binding<Subject> { fatalError() }
    }

    public init(wrappedValue: Object) { self.wrappedValue = wrappedValue }
    public var wrappedValue: Object
    public var projectedValue: Wrapper { fatalError() }
}

@MainActor @preconcurrency @propertyWrapper
public struct EnvironmentObject<Object: ObservableObject>: DynamicProperty {
    nonisolated public init() {}
    public var wrappedValue: Object { fatalError() }
    public var projectedValue: ObservedObject<Object>.Wrapper { fatalError() }
}

@propertyWrapper
public struct ScaledMetric<Value: BinaryFloatingPoint>: DynamicProperty {
    public init(wrappedValue: Value, relativeTo style: Font.TextStyle) {}
    public var wrappedValue: Value { fatalError() }
}

@propertyWrapper
public struct Environment<Value>: DynamicProperty {
    public init(_ path: KeyPath<EnvironmentValues, Value>) {}
    public var wrappedValue: Value { fatalError() }
}

public enum ColorScheme: Sendable { case light, dark }
public enum ScenePhase: Sendable { case background, inactive, active }
public enum UserInterfaceSizeClass: Sendable { case compact, regular }
public struct DynamicTypeSize: Sendable { public var isAccessibilitySize: Bool { fatalError() } }

public struct EnvironmentValues {
    public var colorScheme: ColorScheme { fatalError() }
    public var scenePhase: ScenePhase { fatalError() }
    public var horizontalSizeClass: UserInterfaceSizeClass? { fatalError() }
    public var dynamicTypeSize: DynamicTypeSize { fatalError() }
}

// MARK: Drawing

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
}

public enum Axis: Sendable {
    case horizontal, vertical
    public struct Set: Sendable { public static let horizontal = Set() }
}

public enum ContentMode: Sendable { case fit, fill }

// MARK: Modifiers

extension View {
    nonisolated public func padding(_ edges: EdgeSet = .all) -> some View { EmptyView() }
    nonisolated public func frame(
        width: CGFloat? = nil, height: CGFloat? = nil, alignment: Alignment = .center
    ) -> some View { EmptyView() }
    nonisolated public func frame(
        minWidth: CGFloat? = nil, maxWidth: CGFloat? = nil, minHeight: CGFloat? = nil,
        maxHeight: CGFloat? = nil, alignment: Alignment = .center
    ) -> some View { EmptyView() }
    nonisolated public func background(
        alignment: Alignment = .center, @ViewBuilder content: () -> some View
    ) -> some View { EmptyView() }
    nonisolated public func background(_ view: some View) -> some View { EmptyView() }
    nonisolated public func background(_ style: some ShapeStyle, in shape: some Shape) -> some View
    {
        EmptyView()
    }
    nonisolated public func overlay(_ view: some View) -> some View { EmptyView() }
    nonisolated public func ignoresSafeArea() -> some View { EmptyView() }
    nonisolated public func aspectRatio(_ ratio: CGFloat?, contentMode: ContentMode) -> some View {
        EmptyView()
    }
    nonisolated public func contentShape(_ shape: some Shape) -> some View { EmptyView() }
    nonisolated public func foregroundStyle(_ style: some ShapeStyle) -> some View { EmptyView() }
    nonisolated public func font(_ font: Font?) -> some View { EmptyView() }
    nonisolated public func lineLimit(_ lines: Int?) -> some View { EmptyView() }
    nonisolated public func lineLimit(_ lines: ClosedRange<Int>) -> some View { EmptyView() }
    nonisolated public func multilineTextAlignment(_ alignment: TextAlignment) -> some View {
        EmptyView()
    }
    nonisolated public func textSelection(_ selection: TextSelection) -> some View { EmptyView() }
    nonisolated public func textFieldStyle(_ style: TextFieldStyle) -> some View { EmptyView() }
    nonisolated public func buttonStyle(_ style: some ButtonStyle) -> some View { EmptyView() }
    nonisolated public func disabled(_ isDisabled: Bool) -> some View { EmptyView() }
    nonisolated public func id(_ id: some Hashable) -> some View { EmptyView() }
    nonisolated public func tag(_ tag: some Hashable) -> some View { EmptyView() }
    nonisolated public func tabItem(@ViewBuilder _ label: () -> some View) -> some View {
        EmptyView()
    }
    nonisolated public func navigationTitle(_ title: some StringProtocol) -> some View {
        EmptyView()
    }
    nonisolated public func environmentObject(_ object: some ObservableObject) -> some View {
        EmptyView()
    }
    nonisolated public func gesture(_ gesture: some Gesture) -> some View { EmptyView() }
    nonisolated public func onAppear(perform action: (() -> Void)? = nil) -> some View {
        EmptyView()
    }
    nonisolated public func onDisappear(perform action: (() -> Void)? = nil) -> some View {
        EmptyView()
    }
    nonisolated public func onChange<V: Equatable>(
        of value: V, perform action: @escaping (V) -> Void
    ) -> some View { EmptyView() }
    nonisolated public func onReceive<P: Publisher>(
        _ publisher: P, perform action: @escaping (P.Output) -> Void
    ) -> some View where P.Failure == Never { EmptyView() }
    nonisolated public func task(
        priority: TaskPriority = .userInitiated,
        @_inheritActorContext _ action: @escaping @Sendable () async -> Void
    ) -> some View { EmptyView() }
    nonisolated public func task(
        id value: some Equatable, priority: TaskPriority = .userInitiated,
        @_inheritActorContext _ action: @escaping @Sendable () async -> Void
    ) -> some View { EmptyView() }
}

public struct EdgeSet: Sendable {
    public static let all = Self()
    public static let leading = Self()
}

// MARK: Accessibility

public struct AccessibilityTraits: SetAlgebra, Sendable {
    public static let isHeader = Self(), isSelected = Self()
    public init() {}
    public func contains(_ member: Self) -> Bool { fatalError() }
    public func union(_ other: Self) -> Self { self }
    public func intersection(_ other: Self) -> Self { self }
    public func symmetricDifference(_ other: Self) -> Self { self }
    public mutating func insert(_ member: Self) -> (inserted: Bool, memberAfterInsert: Self) {
        fatalError()
    }
    public mutating func remove(_ member: Self) -> Self? { nil }
    public mutating func update(with member: Self) -> Self? { nil }
    public mutating func formUnion(_ other: Self) {}
    public mutating func formIntersection(_ other: Self) {}
    public mutating func formSymmetricDifference(_ other: Self) {}
}

public enum AccessibilityChildBehavior: Sendable { case ignore, contain, combine }

extension View {
    nonisolated public func accessibilityElement(children: AccessibilityChildBehavior) -> some View
    {
        EmptyView()
    }
    nonisolated public func accessibilityLabel(_ label: some StringProtocol) -> some View {
        EmptyView()
    }
    nonisolated public func accessibilityValue(_ value: some StringProtocol) -> some View {
        EmptyView()
    }
    nonisolated public func accessibilityHidden(_ isHidden: Bool) -> some View { EmptyView() }
    nonisolated public func accessibilityAddTraits(_ traits: AccessibilityTraits) -> some View {
        EmptyView()
    }
    nonisolated public func accessibilityChildren(
        @ViewBuilder children: () -> some View
    ) -> some View { EmptyView() }
    nonisolated public func accessibilityActions(@ViewBuilder _ content: () -> some View)
        -> some View
    {
        EmptyView()
    }
}

// MARK: Files

extension View {
    nonisolated public func fileImporter(
        isPresented: Binding<Bool>, allowedContentTypes: [UTType], allowsMultipleSelection: Bool,
        onCompletion: @escaping (Result<[URL], any Error>) -> Void
    ) -> some View { EmptyView() }
}

// MARK: Apps

@MainActor @preconcurrency
public protocol Scene {
    associatedtype Body: Scene
    @SceneBuilder @MainActor @preconcurrency var body: Self.Body { get }
}

extension Never: Scene {}

@resultBuilder
public struct SceneBuilder {
    public static func buildBlock<Content: Scene>(_ content: Content) -> Content { content }
}

public struct WindowGroup<Content: View>: Scene {
    nonisolated public init(@ViewBuilder content: () -> Content) {}
    public var body: Never { fatalError() }
}

@MainActor @preconcurrency
public protocol App {
    associatedtype Body: Scene
    @SceneBuilder @MainActor @preconcurrency var body: Self.Body { get }
    @MainActor @preconcurrency init()
}

extension App { @MainActor @preconcurrency public static func main() { fatalError() } }

// MARK: Foundation of Apple's systems

extension URL {
    public func startAccessingSecurityScopedResource() -> Bool { fatalError() }
    public func stopAccessingSecurityScopedResource() {}
}
