package io.actmobile.demo.ui

import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path
import io.actmobile.demo.draw.Pen

/** Draws on Android's canvas. Without one it measures. */
class CanvasPen(private val canvas: Canvas?) : Pen {
    private val paint = Paint(Paint.ANTI_ALIAS_FLAG)

    override fun box(left: Float, top: Float, right: Float, bottom: Float, colour: Int) {
        canvas?.drawRect(left, top, right, bottom, filled(colour))
    }

    override fun line(fromX: Float, fromY: Float, toX: Float, toY: Float, width: Float, colour: Int) {
        paint.strokeCap = Paint.Cap.ROUND
        paint.strokeWidth = width
        canvas?.drawLine(fromX, fromY, toX, toY, filled(colour))
    }

    override fun disc(x: Float, y: Float, radius: Float, colour: Int) {
        canvas?.drawCircle(x, y, radius, filled(colour))
    }

    override fun shape(points: FloatArray, colour: Int) {
        val path = Path()
        path.moveTo(points[0], points[1])
        for (i in 2 until points.size step 2) path.lineTo(points[i], points[i + 1])
        path.close()
        canvas?.drawPath(path, filled(colour))
    }

    override fun text(text: String, x: Float, y: Float, size: Float, colour: Int, align: Pen.Align) {
        paint.textSize = size
        paint.textAlign = when (align) {
            Pen.Align.LEFT -> Paint.Align.LEFT
            Pen.Align.CENTRE -> Paint.Align.CENTER
            Pen.Align.RIGHT -> Paint.Align.RIGHT
        }
        canvas?.drawText(text, x, y, filled(colour))
    }

    override fun width(text: String, size: Float): Float {
        paint.textSize = size
        return paint.measureText(text)
    }

    private fun filled(colour: Int): Paint = paint.apply { color = colour }
}
