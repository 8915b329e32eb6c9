package io.actmobile.demo.draw

/** The tool that draws a picture: lengths in pixels, colours as 0xAARRGGBB. */
interface Pen {
    fun box(left: Float, top: Float, right: Float, bottom: Float, colour: Int)

    fun line(fromX: Float, fromY: Float, toX: Float, toY: Float, width: Float, colour: Int)

    fun disc(x: Float, y: Float, radius: Float, colour: Int)

    /** [points] are x and y in turn; the shape is closed. */
    fun shape(points: FloatArray, colour: Int)

    /** Text whose left end, or middle, or right end, is at x, and whose base line is at y. */
    fun text(text: String, x: Float, y: Float, size: Float, colour: Int, align: Align = Align.LEFT)

    fun width(text: String, size: Float): Float

    enum class Align { LEFT, CENTRE, RIGHT }
}

/** A picture of any width: it says how high it is, what it looks like, and what it says in words. */
interface Picture {
    /** Its height for a width, both in pixels. */
    fun height(width: Float, pen: Pen): Float

    fun draw(width: Float, pen: Pen)

    /** The same for one who does not see it. */
    val words: String
}
