package io.actmobile.demo.run

import io.actmobile.demo.draw.ColouredText
import io.actmobile.kit.ActStreamer
import io.actmobile.kit.ByteText
import io.actmobile.kit.PonderStatistics

/** The result of reading a text. */
class TextReading(
    val text: String,
    /** The first [SHOWN] characters with their N. */
    val marks: List<ColouredText.Mark>,
    val statistics: PonderStatistics,
    /** True if bytes after the first [MOST_BYTES] were left out. */
    val isCut: Boolean,
) {
    companion object {
        /** Bytes that are read. */
        const val MOST_BYTES = 1 shl 16

        /** Characters that are coloured. */
        const val SHOWN = 4000

        /**
         * Read a text from the start of a sequence.
         *
         * The N of a character is the most of its bytes. Marks that combine with the character before them,
         * and what a joiner joins, are one with it.
         *
         * @return null if [alive] ended it.
         */
        fun read(text: String, streamer: ActStreamer, maxPonder: Int, alive: () -> Boolean): TextReading? {
            val tokens = ByteText.tokens(text)
            val statistics = PonderStatistics(maxPonder)
            val steps = IntArray(minOf(tokens.size, MOST_BYTES))
            streamer.reset()
            for (i in steps.indices) {
                if (!alive()) return null
                val step = streamer.step(tokens[i])
                statistics.add(step)
                steps[i] = step.ponderSteps[0]
            }
            return TextReading(text, marks(text, steps), statistics, tokens.size > steps.size)
        }

        private fun marks(text: String, steps: IntArray): List<ColouredText.Mark> {
            val found = ArrayList<ColouredText.Mark>()
            var at = 0
            for (character in ByteText.characters(text)) {
                val until = at + character.bytes
                val n = if (until <= steps.size) (at until until).maxOf { steps[it] } else null
                at = until
                val before = found.lastOrNull()
                if (before != null && joins(text, before, character.start)) {
                    val both = listOfNotNull(before.ponderSteps, n).maxOrNull()
                    found[found.size - 1] = ColouredText.Mark(before.start, character.end, both)
                } else {
                    if (found.size == SHOWN) break
                    found += ColouredText.Mark(character.start, character.end, n)
                }
            }
            return found
        }

        private fun joins(text: String, before: ColouredText.Mark, at: Int): Boolean {
            if (text[before.start] == '\n') return false
            val code = text.codePointAt(at)
            return when (Character.getType(code).toByte()) {
                Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> true
                else -> code == JOINER || text[before.end - 1].code == JOINER || code in SKIN_TONES
            }
        }

        private const val JOINER = 0x200d
        private val SKIN_TONES = 0x1f3fb..0x1f3ff
    }
}
