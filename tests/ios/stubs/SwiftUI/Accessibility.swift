import Combine
import Foundation

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
