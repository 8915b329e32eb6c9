package io.actmobile.tests

import android.graphics.Canvas
import android.graphics.Paint
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.RadioButton
import android.widget.RadioGroup
import android.widget.SeekBar
import android.widget.TextView
import fake.Phone
import io.actmobile.demo.ui.PictureView
import java.awt.image.BufferedImage
import java.io.File
import kotlin.math.ceil

/**
 * Draws a tree of views as the layouts lay it out: rows below each other, text that wraps, the app's own pictures.
 *
 * Buttons and sliders are plain stand-ins for the platform's. Lengths are pixels of the fake phone.
 */
class Screens {
    private val colours = Regex("""name="(\w+)">#(\w{6})<""").findAll(
        File(Phone.app, "res/values${if (Phone.isNight) "-night" else ""}/colors.xml").readText(),
    ).associate { it.groupValues[1] to (0xff000000L or it.groupValues[2].toLong(16)).toInt() }

    /** Words that are wider than the view that shows them. */
    val tooWide = sortedSetOf<String>()

    /** The whole of a scrolled screen. */
    fun draw(root: View, width: Int): BufferedImage {
        val height = Drawing(null).view(root, 0f, 0f, width.toFloat())
        val image = BufferedImage(width, ceil(height).toInt(), BufferedImage.TYPE_INT_RGB)
        val drawing = Drawing(image)
        drawing.box(0f, 0f, width.toFloat(), height, colour("paper"))
        drawing.view(root, 0f, 0f, width.toFloat())
        return image
    }

    private fun colour(name: String) = colours.getValue(name)

    private inner class Drawing(private val image: BufferedImage?) {
        private val canvas = image?.let(::Canvas)
        private val paint = Paint(Paint.ANTI_ALIAS_FLAG)

        /** Draws a view where it is visible; its height. */
        fun view(view: View, x: Float, y: Float, width: Float): Float {
            if (view.visibility == View.GONE) return 0f
            val top = y + view.length("layout_marginTop")
            val height = maxOf(content(view, x, top, width), view.length("minHeight"), (view as? TextView)?.minHeight?.toFloat() ?: 0f)
            return top + height + view.length("layout_marginBottom") - y
        }

        private fun content(view: View, x: Float, y: Float, width: Float): Float = when (view) {
            is PictureView -> picture(view, x, y, width)
            is SeekBar -> slider(view, x, y, width)
            is RadioButton -> radio(view, x, y, width)
            is EditText -> field(view, x, y, width)
            is Button -> button(view, x, y, width)
            is TextView -> label(view, x, y, width)
            is LinearLayout -> if (view.attributes["orientation"] == "horizontal") row(view, x, y, width) else column(view, x, y, width)
            is ViewGroup -> column(view, x, y, width)
            else -> 0f
        }

        private fun column(group: ViewGroup, x: Float, y: Float, width: Float): Float {
            val padding = group.length("padding")
            var at = y + padding
            for (i in 0 until group.childCount) at += view(group.getChildAt(i), x + padding, at, width - 2 * padding)
            return at + padding - y
        }

        /** Scrolled where it is wider than the screen. */
        private fun row(group: ViewGroup, x: Float, y: Float, width: Float): Float {
            var at = x
            var highest = 0f
            for (child in (0 until group.childCount).map(group::getChildAt).filterIsInstance<TextView>()) {
                val needs = measured(child.text.toString(), 14f) + 2 * dp(12f)
                val ink = colour(if (child.isSelected) "accent" else "soft")
                if (at < width) text(child.text.toString(), at + dp(12f), y + dp(48f) / 2 + sp(14f) / 3, 14f, ink)
                at += needs
                highest = maxOf(highest, dp(48f), sp(14f) * LINE)
            }
            return highest
        }

        private fun label(view: TextView, x: Float, y: Float, width: Float): Float {
            if (view.attributes["background"] != null) box(x, y, x + width, y + words(view, x, y, width, false), colour("card"))
            return words(view, x, y, width, true)
        }

        private fun words(view: TextView, x: Float, y: Float, width: Float, isDrawn: Boolean): Float {
            val padding = view.length("padding")
            val size = view.attributes["textSize"]?.removeSuffix("sp")?.toFloat() ?: 14f
            val ink = colour(view.attributes["textColor"]?.substringAfter('/') ?: "ink")
            var at = y + maxOf(padding, view.length("paddingTop"))
            for (line in lines(view.text.toString(), width - 2 * padding, size)) {
                if (isDrawn) text(line, x + padding, at + sp(size), size, ink)
                at += sp(size) * LINE
            }
            return at + maxOf(padding, view.length("paddingBottom")) - y
        }

        private fun button(view: TextView, x: Float, y: Float, width: Float): Float {
            val found = lines(view.text.toString(), width - 4 * dp(8f), 14f)
            val height = maxOf(dp(48f), found.size * sp(14f) * LINE + 2 * dp(10f))
            box(x + dp(4f), y + dp(6f), x + width - dp(4f), y + height - dp(6f), if (Phone.isNight) 0xff3a3f4b.toInt() else 0xffd6d7d7.toInt())
            var at = y + (height - found.size * sp(14f) * LINE) / 2 + sp(14f)
            for (line in found) {
                text(line, x + (width - measured(line, 14f)) / 2, at, 14f, colour(if (view.isEnabled) "ink" else "soft"))
                at += sp(14f) * LINE
            }
            return height
        }

        private fun radio(view: RadioButton, x: Float, y: Float, width: Float): Float {
            val found = lines(view.text.toString(), width - dp(32f), 14f)
            val height = maxOf(dp(48f), found.size * sp(14f) * LINE)
            val isChecked = (view.parent as? RadioGroup)?.checkedRadioButtonId == view.id
            circle(x + dp(16f), y + height / 2, dp(9f), colour(if (isChecked) "accent" else "soft"))
            circle(x + dp(16f), y + height / 2, dp(7f), colour("paper"))
            if (isChecked) circle(x + dp(16f), y + height / 2, dp(4f), colour("accent"))
            found.forEachIndexed { i, line ->
                text(line, x + dp(32f), y + height / 2 - sp(14f) * LINE * (found.size / 2f - i) + sp(14f), 14f, colour("ink"))
            }
            return height
        }

        private fun field(view: EditText, x: Float, y: Float, width: Float): Float {
            var at = y + dp(8f)
            for (line in lines(view.text.toString(), width - 2 * dp(4f), 18f).take(5)) {
                text(line, x + dp(4f), at + sp(18f), 18f, colour("ink"))
                at += sp(18f) * LINE
            }
            box(x + dp(4f), at + dp(4f), x + width - dp(4f), at + dp(5f), colour("soft"))
            return at + dp(9f) - y
        }

        private fun slider(view: SeekBar, x: Float, y: Float, width: Float): Float {
            val middle = y + dp(24f)
            val thumb = x + dp(16f) + (width - dp(32f)) * view.progress / maxOf(1, view.max)
            box(x + dp(16f), middle - dp(1f), x + width - dp(16f), middle + dp(1f), colour("soft"))
            box(x + dp(16f), middle - dp(1f), thumb, middle + dp(1f), colour("accent"))
            circle(thumb, middle, dp(7f), colour("accent"))
            return dp(48f)
        }

        private fun picture(view: PictureView, x: Float, y: Float, width: Float): Float {
            view.measure(width.toInt(), 0)
            if (image != null && view.height > 0) view.draw(Canvas(image.getSubimage(x.toInt(), y.toInt(), view.width, view.height)))
            return view.height.toFloat()
        }

        private fun text(words: String, x: Float, y: Float, size: Float, ink: Int) {
            paint.textSize = sp(size)
            paint.color = ink
            canvas?.drawText(words, x, y, paint)
        }

        fun box(left: Float, top: Float, right: Float, bottom: Float, colour: Int) {
            paint.color = colour
            canvas?.drawRect(left, top, right, bottom, paint)
        }

        private fun circle(x: Float, y: Float, radius: Float, colour: Int) {
            paint.color = colour
            canvas?.drawCircle(x, y, radius, paint)
        }

        private fun measured(words: String, size: Float): Float {
            paint.textSize = sp(size)
            return paint.measureText(words)
        }

        private fun lines(words: String, width: Float, size: Float): List<String> = words.split('\n').flatMap { paragraph ->
            val found = arrayListOf("")
            for (whole in paragraph.split(' ')) {
                var word = whole
                if (measured(word, size) > width) tooWide += word
                while (measured(word, size) > width) {
                    val fits = (word.length - 1 downTo 2).firstOrNull { measured(word.take(it), size) <= width } ?: 1
                    if (found.last().isEmpty()) found[found.size - 1] = word.take(fits) else found += word.take(fits)
                    word = word.drop(fits)
                }
                val longer = if (found.last().isEmpty()) word else "${found.last()} $word"
                if (measured(longer, size) <= width || found.last().isEmpty()) found[found.size - 1] = longer else found += word
            }
            found
        }
    }

    private fun View.length(name: String): Float = attributes[name]?.takeIf { it.endsWith("dp") }?.let { dp(it.removeSuffix("dp").toFloat()) } ?: 0f

    private fun dp(length: Float) = length * Phone.density

    private fun sp(length: Float) = length * Phone.density * Phone.fontScale

    private companion object {
        /** The height of a line over its text size. */
        const val LINE = 1.25f
    }
}
