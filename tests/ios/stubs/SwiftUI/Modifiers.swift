import Combine
import Foundation

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
