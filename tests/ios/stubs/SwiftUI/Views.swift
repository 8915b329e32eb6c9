// Declarations of the part of Apple's SwiftUI that ios_demo uses, after its documentation for iOS 16: for
// type-checking on Linux, where nothing is drawn. Closures that Apple's keep on the main actor are so here.
@_exported import Combine
@_exported import Foundation
import UniformTypeIdentifiers

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
