package io.actmobile.kit

/** Text as tokens, for models whose vocabulary is the 256 bytes: UTF-8. */
object ByteText {
    /** Tokens that there are. */
    const val SIZE = 256

    /** A character as a reader sees it: from [start] until [end] in the text, of so many bytes. */
    class Character(val start: Int, val end: Int, val bytes: Int)

    /** The tokens of a text; half of a surrogate pair becomes U+FFFD, as everywhere in UTF-8. */
    fun tokens(text: String): IntArray {
        val bytes = wellFormed(text).toByteArray(Charsets.UTF_8)
        return IntArray(bytes.size) { bytes[it].toInt() and 0xff }
    }

    /** The code points of a text and the bytes of each, in the order of [tokens]. */
    fun characters(text: String): List<Character> {
        val sound = wellFormed(text)
        val found = ArrayList<Character>(sound.length)
        var at = 0
        while (at < sound.length) {
            val code = sound.codePointAt(at)
            val end = at + charCount(code)
            found += Character(at, end, bytesOf(code))
            at = end
        }
        return found
    }

    /** The text of tokens; bytes that are no UTF-8 become U+FFFD. */
    fun text(tokens: IntArray): String =
        String(ByteArray(tokens.size) { tokens[it].toByte() }, Charsets.UTF_8)

    private fun charCount(code: Int): Int = if (code < 0x10000) 1 else 2

    private fun bytesOf(code: Int): Int = when {
        code < 0x80 -> 1
        code < 0x800 -> 2
        code < 0x10000 -> 3
        else -> 4
    }

    private fun wellFormed(text: String): String {
        if (text.none(Char::isSurrogate)) return text
        val sound = StringBuilder(text.length)
        var at = 0
        while (at < text.length) {
            val code = text.codePointAt(at)
            if (code in 0xd800..0xdfff) sound.append('\ufffd') else sound.appendCodePoint(code)
            at += charCount(code)
        }
        return sound.toString()
    }
}
