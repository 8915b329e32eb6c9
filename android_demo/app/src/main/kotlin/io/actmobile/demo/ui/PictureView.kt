package io.actmobile.demo.ui

import android.content.Context
import android.graphics.Canvas
import android.util.AttributeSet
import android.view.MotionEvent
import android.view.View
import io.actmobile.demo.draw.Picture

/** Shows a [Picture] as wide as there is room, or as a board no wider than [widest]. */
class PictureView(context: Context, attributes: AttributeSet?) : View(context, attributes) {
    private var picture: Picture? = null

    /** Told of touches: the action and a point of the picture. */
    var onTouch: ((action: Int, x: Float, y: Float, width: Float) -> Unit)? = null

    /** Told where a finger of someone who does not see the picture is, when it explores by touch; true if that is all. */
    var onHover: ((action: Int, x: Float, y: Float, width: Float) -> Boolean)? = null

    /** The picture is a board that is no wider than this, in pixels; 0 if it takes all the width. */
    var widest = 0

    fun show(shown: Picture?) {
        picture = shown
        contentDescription = shown?.words
        requestLayout()
        invalidate()
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val room = MeasureSpec.getSize(widthMeasureSpec)
        val width = if (widest > 0) minOf(room, widest) else room
        val height = picture?.height(width.toFloat(), CanvasPen(null)) ?: 0f
        setMeasuredDimension(width, Math.ceil(height.toDouble()).toInt())
    }

    override fun onDraw(canvas: Canvas) {
        super.onDraw(canvas)
        picture?.draw(width.toFloat(), CanvasPen(canvas))
    }

    public override fun dispatchHoverEvent(event: MotionEvent): Boolean =
        onHover?.invoke(event.actionMasked, event.x, event.y, width.toFloat()) == true || super.dispatchHoverEvent(event)

    override fun onTouchEvent(event: MotionEvent): Boolean {
        val told = onTouch ?: return super.onTouchEvent(event)
        // A drag on the board draws walls: it does not scroll the page.
        if (event.actionMasked == MotionEvent.ACTION_DOWN) parent?.requestDisallowInterceptTouchEvent(true)
        told(event.actionMasked, event.x, event.y, width.toFloat())
        if (event.actionMasked == MotionEvent.ACTION_UP) performClick()
        return true
    }

    override fun performClick(): Boolean = super.performClick()
}
