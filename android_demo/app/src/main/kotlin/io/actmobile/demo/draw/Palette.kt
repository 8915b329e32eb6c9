package io.actmobile.demo.draw

/**
 * The colours of the demo, those of its web page: ink on paper, a blue for the net's answer, an orange for
 * what is wrong. Blue and orange stay apart in every kind of colour vision, and shapes say the same.
 */
class Palette(
    val paper: Int,
    val card: Int,
    val ink: Int,
    val soft: Int,
    val line: Int,
    val answer: Int,
    val way: Int,
    val wrong: Int,
    val start: Int,
    val goal: Int,
    private val levels: IntArray,
    /** The bar under a character, as high as its N: the second sign beside the colour. */
    val bar: Int,
) {
    /** The ground of a character or bar of N ponder steps, of at most [maxPonder]. */
    fun level(ponderSteps: Int, maxPonder: Int): Int {
        if (ponderSteps <= 0) return levels[0]
        val share = ponderSteps.toFloat() / maxPonder
        return levels[Math.ceil((share * (levels.size - 1)).toDouble()).toInt().coerceIn(1, levels.size - 1)]
    }

    companion object {
        val LIGHT = Palette(
            paper = 0xfff8f6f1.toInt(), card = 0xfffffefb.toInt(), ink = 0xff1c2230.toInt(), soft = 0xff565d6d.toInt(),
            line = 0xffe2ddd2.toInt(), answer = 0xff4a6ee0.toInt(), way = 0xff2f4fb0.toInt(), wrong = 0xffb8400c.toInt(),
            start = 0xff0b6b5e.toInt(), goal = 0xffa14a00.toInt(),
            levels = levels(0xeeeeee, 0xfcf7ea, 0xfaeed0, 0xf9e3b3, 0xf7d597, 0xf4c67d, 0xf1b666), bar = 0xffa8551a.toInt(),
        )
        val DARK = Palette(
            paper = 0xff12151c.toInt(), card = 0xff1a1e27.toInt(), ink = 0xffeceae4.toInt(), soft = 0xffa9afbc.toInt(),
            line = 0xff2d3340.toInt(), answer = 0xff6d8bff.toInt(), way = 0xffb4c4ff.toInt(), wrong = 0xffff9b66.toInt(),
            start = 0xff5fd0bb.toInt(), goal = 0xfff2b25c.toInt(),
            levels = levels(0x22262f, 0x2b2823, 0x3a3021, 0x4a381f, 0x5a411e, 0x6a4a1d, 0x7a521c), bar = 0xfff2a65c.toInt(),
        )

        private fun levels(vararg rgb: Int) = IntArray(rgb.size) { 0xff000000.toInt() or rgb[it] }
    }
}
