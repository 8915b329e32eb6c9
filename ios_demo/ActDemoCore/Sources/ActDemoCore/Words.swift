import Foundation

/// The app's texts in the language of its user. `Word` lists them, `Localizable.xcstrings` says them.
public struct Words: Sendable {
    private let locale: Locale
    private let look: @Sendable (String) -> String

    /// - Parameter look: the text of a key, with `%1$@`, `%2$@` where values belong.
    public init(_ locale: Locale, look: @escaping @Sendable (String) -> String) {
        self.locale = locale
        self.look = look
    }

    public func callAsFunction(_ word: Word, _ values: String...) -> String {
        let parts = look(word.rawValue).components(separatedBy: "%")
        // Values are put in once: one that has a % itself stays as it is.
        return parts.dropFirst().reduce(into: parts[0]) { text, part in
            let digit = part.first?.wholeNumberValue ?? 0
            if part.dropFirst().hasPrefix("$@"), values.indices.contains(digit - 1) {
                text += values[digit - 1] + part.dropFirst(3)
            } else {
                text += "%" + part
            }
        }
    }

    public func number(_ value: Int) -> String { value.formatted(.number.locale(locale)) }

    /// A dash stands for what is no number.
    public func number(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return "–" }
        return value.formatted(.number.precision(.fractionLength(digits)).locale(locale))
    }

    public func time(_ date: Date) -> String {
        date.formatted(.dateTime.day().month().year().hour().minute().locale(locale))
    }
}
