import ActDemoCore
import SwiftUI
import UIKit

/// A card with a heading.
struct Panel<Content: View>: View {
    @Environment(\.palette) private var palette
    private let title: String?
    private let content: Content

    init(_ title: String? = nil, @ViewBuilder content: () -> Content) {
        self.title = title
        self.content = content()
    }

    var body: some View {
        VStack(alignment: .leading, spacing: 12) {
            if let title { Text(title).font(.headline).accessibilityAddTraits(.isHeader) }
            content
        }
        .padding()
        .frame(maxWidth: .infinity, alignment: .leading)
        .background(Color(rgb: palette.card), in: RoundedRectangle(cornerRadius: 16))
        .overlay(RoundedRectangle(cornerRadius: 16).stroke(Color(rgb: palette.line)))
    }
}

/// Two columns where there is room for them, else one under the other.
struct Columns<First: View, Second: View>: View {
    @Environment(\.horizontalSizeClass) private var width
    @Environment(\.dynamicTypeSize) private var type
    private let first: First
    private let second: Second

    init(@ViewBuilder first: () -> First, @ViewBuilder second: () -> Second) {
        self.first = first()
        self.second = second()
    }

    var body: some View {
        if width == .regular && !type.isAccessibilitySize {
            HStack(alignment: .top, spacing: 16) {
                VStack(alignment: .leading, spacing: 16) { first }
                VStack(alignment: .leading, spacing: 16) { second }.frame(maxWidth: 380)
            }
        } else {
            VStack(alignment: .leading, spacing: 16) {
                first
                second
            }
        }
    }
}

/// Something that must be seen, until it is dismissed.
struct NoticeView: View {
    @EnvironmentObject private var session: Session
    @Environment(\.palette) private var palette

    var body: some View {
        if let notice = session.notice {
            HStack(alignment: .top) {
                Text(notice).frame(maxWidth: .infinity, alignment: .leading)
                Button {
                    session.notice = nil
                } label: {
                    Image(systemName: "xmark").frame(minWidth: 44, minHeight: 44)
                }
                .accessibilityLabel(session.words(.dismiss))
            }
            .padding(.leading)
            .background(Color(rgb: palette.card), in: RoundedRectangle(cornerRadius: 8))
            .overlay(
                RoundedRectangle(cornerRadius: 8).stroke(Color(rgb: palette.wrong), lineWidth: 2)
            )
            .task(id: notice) {
                UIAccessibility.post(notification: .announcement, argument: notice)
            }
        }
    }
}
