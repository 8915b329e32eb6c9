package io.actmobile.tests

import android.view.MotionEvent
import android.view.accessibility.AccessibilityEvent
import android.view.accessibility.AccessibilityNodeInfo
import android.view.accessibility.AccessibilityNodeProvider
import fake.Phone
import io.actmobile.demo.ui.PictureView

/** Reads a board to one who does not see it: by its nodes, which it keeps until it is told of a change, and its events. */
class TalkBack(private val board: PictureView) {
    private val provider: AccessibilityNodeProvider = board.accessibilityDelegate.getAccessibilityNodeProvider(board)
    private val kept = HashMap<Int, AccessibilityNodeInfo>()
    private var isInside = false

    /** The part of the board that is read; -1 is the board itself. */
    var focused: Int? = null
        private set

    /** Events of focus and touch, with their parts. */
    val heard = ArrayList<String>()

    init {
        Phone.isTalkBackOn = true
        Phone.listeners.add { event -> listen(event) }
    }

    private fun listen(event: AccessibilityEvent) {
        check(event.source() === board)
        val part = event.part()
        when (event.eventType) {
            AccessibilityEvent.TYPE_WINDOW_CONTENT_CHANGED -> if (part < 0) kept.clear() else kept.remove(part)
            AccessibilityEvent.TYPE_VIEW_HOVER_ENTER -> {
                heard += "enter $part"
                perform(part, "focus")
            }
            AccessibilityEvent.TYPE_VIEW_HOVER_EXIT -> heard += "exit $part"
            AccessibilityEvent.TYPE_VIEW_ACCESSIBILITY_FOCUSED -> {
                heard += "focus $part"
                focused = part
                kept.clear()
            }
            AccessibilityEvent.TYPE_VIEW_ACCESSIBILITY_FOCUS_CLEARED -> {
                heard += "clear $part"
                if (focused == part) focused = null
                kept.remove(part)
            }
        }
    }

    fun node(part: Int): AccessibilityNodeInfo = kept.getOrPut(part) { checkNotNull(provider.createAccessibilityNodeInfo(part)) { "no part $part" } }

    /** A finger comes to a point of the board. */
    fun explore(x: Float, y: Float) {
        hover(if (isInside) MotionEvent.ACTION_HOVER_MOVE else MotionEvent.ACTION_HOVER_ENTER, x, y)
        isInside = true
    }

    fun leave() {
        hover(MotionEvent.ACTION_HOVER_EXIT, 0f, 0f)
        isInside = false
    }

    private fun hover(action: Int, x: Float, y: Float) = board.dispatchHoverEvent(MotionEvent.obtain(0, 0, action, x, y, 0))

    /** The words for what is read. */
    fun spoken(): String = node(checkNotNull(focused) { "nothing is read" }).contentDescription.toString()

    /** Actions of what is read that its menu lists. */
    fun labels(): List<String> = node(checkNotNull(focused)).actionList.mapNotNull { it.label?.toString() }

    /** Perform an action that a node lists, by its label; `focus` is that of reading it. */
    fun perform(part: Int, label: String): Boolean {
        val isFocus = label == "focus"
        val id = AccessibilityNodeInfo.ACTION_ACCESSIBILITY_FOCUS
        if (part < 0 && isFocus) return provider.performAction(part, id, null)
        val action = node(part).actionList.firstOrNull { if (isFocus) it.id == id else it.label == label } ?: return false
        return provider.performAction(part, action.id, null)
    }

    /** Try an action that need not be listed. */
    fun can(part: Int, action: Int): Boolean = provider.performAction(part, action, null)
}
