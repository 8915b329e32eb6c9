import Foundation
import Testing

@testable import ActDemoCore

struct WordsTests {
    @Test(arguments: ["en", "de"])
    func everyWordIsSaid(language: String) throws {
        let words = try words(language)
        for word in Word.allCases { #expect(words(word) != "?", "\(word)") }
    }

    @Test func valuesAreInTheirPlacesAndPutInOnce() throws {
        let words = try words("en")
        #expect(words(.isOpen, "%2$@ 100 %", "CPU") == "Open: %2$@ 100 %, on CPU")
        #expect(words(.threshold, "99") == "Stop when 99 % sure")
        #expect(words(.isOpen, "one") == "Open: one, on %2$@")
    }

    @Test func numbersAreThoseOfTheLanguage() throws {
        #expect(try words("en").number(1234.5, digits: 2) == "1,234.50")
        #expect(try words("de").number(1234.5, digits: 2) == "1.234,50")
        #expect(try words("de").number(.nan, digits: 2) == "–")
    }

    @Test func coloursDeepenWithN() {
        let levels = (0...6).map { Palette.light.level($0, 6) }
        #expect(Set(levels).count == 7)
        #expect(Palette.dark.level(9, 6) == Palette.dark.level(6, 6))
        #expect(Palette.dark.level(1, 0) == Palette.dark.level(0, 6))
    }
}
