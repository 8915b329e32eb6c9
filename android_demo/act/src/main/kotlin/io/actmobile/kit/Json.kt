package io.actmobile.kit

/**
 * A reader of JSON (RFC 8259) from outside: of bounded size and depth, without a key twice.
 *
 * Objects become [Map], arrays [List], numbers [Double], and true, false and null what they are.
 */
class Json private constructor(private val text: String, private val name: String) {
    private var at = 0

    private fun document(): Any? {
        val value = value(0)
        space()
        if (at != text.length) fail("something follows the end")
        return value
    }

    private fun value(depth: Int): Any? {
        if (depth > DEEPEST) fail("nested deeper than $DEEPEST")
        space()
        return when (peek()) {
            '{' -> members(depth)
            '[' -> elements(depth)
            '"' -> string()
            't' -> word("true", true)
            'f' -> word("false", false)
            'n' -> word("null", null)
            else -> number()
        }
    }

    private fun members(depth: Int): Map<String, Any?> {
        val found = LinkedHashMap<String, Any?>()
        listed('}') {
            space()
            val key = string()
            space()
            expect(':')
            if (found.containsKey(key)) fail("'$key' twice")
            found[key] = value(depth + 1)
        }
        return found
    }

    private fun elements(depth: Int): List<Any?> {
        val found = ArrayList<Any?>()
        listed(']') { found.add(value(depth + 1)) }
        return found
    }

    private fun listed(end: Char, one: () -> Unit) {
        at++
        space()
        if (peek() == end) {
            at++
            return
        }
        while (true) {
            one()
            space()
            if (peek() == end) {
                at++
                return
            }
            expect(',')
        }
    }

    private fun string(): String {
        expect('"')
        val found = StringBuilder()
        while (true) {
            val c = next()
            when {
                c == '"' -> return found.toString()
                c == '\\' -> found.append(escaped())
                c < ' ' -> fail("a control character in text")
                else -> found.append(c)
            }
        }
    }

    private fun escaped(): Char = when (val c = next()) {
        '"', '\\', '/' -> c
        'b' -> '\b'
        'f' -> '\u000c'
        'n' -> '\n'
        'r' -> '\r'
        't' -> '\t'
        'u' -> {
            val digits = text.substring(at, minOf(at + HEX_DIGITS, text.length))
            at += HEX_DIGITS
            val code = if (digits.all { it in HEX }) digits.toIntOrNull(16) else null
            if (digits.length < HEX_DIGITS || code == null) fail("\\u without its digits")
            code.toChar()
        }
        else -> fail("\\$c is no escape")
    }

    private fun number(): Double {
        val match = NUMBER.matchAt(text, at) ?: fail("no value")
        at = match.range.last + 1
        val value = match.value.toDouble()
        if (value.isInfinite()) fail("${match.value} is too large")
        return value
    }

    private fun word(word: String, value: Any?): Any? {
        if (!text.startsWith(word, at)) fail("no value")
        at += word.length
        return value
    }

    private fun space() {
        while (at < text.length && text[at] in " \t\r\n") at++
    }

    private fun peek(): Char = if (at < text.length) text[at] else fail("it ends early")

    private fun next(): Char = peek().also { at++ }

    private fun expect(c: Char) {
        if (next() != c) fail("'$c' is missing")
    }

    private fun fail(reason: String): Nothing = throw Refused("$name: not JSON ($reason, at $at)")

    companion object {
        private const val DEEPEST = 64
        private const val HEX_DIGITS = 4
        private const val HEX = "0123456789abcdefABCDEF"
        private val NUMBER = Regex("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")

        /**
         * Read a document.
         *
         * @param name the file, for messages.
         * @throws Refused it is not JSON.
         */
        fun read(text: String, name: String): Any? = Json(text, name).document()

        /** Write text as JSON has it, with its quotes. */
        fun quoted(text: String): String = buildString {
            append('"')
            for (c in text) {
                when {
                    c == '"' || c == '\\' -> append('\\').append(c)
                    c < ' ' || c.isSurrogate() -> append("\\u%04x".format(c.code))
                    else -> append(c)
                }
            }
            append('"')
        }
    }
}
