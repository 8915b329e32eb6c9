package io.actmobile.demo.ui

import android.content.Context
import android.graphics.Rect
import android.os.Bundle
import android.view.MotionEvent
import android.view.View
import android.view.accessibility.AccessibilityEvent
import android.view.accessibility.AccessibilityManager
import android.view.accessibility.AccessibilityNodeInfo
import android.view.accessibility.AccessibilityNodeProvider
import io.actmobile.demo.R
import io.actmobile.demo.draw.MazePicture
import io.actmobile.demo.run.Maze

/**
 * The maze as a grid for TalkBack: a cell is explored by touch, read out with its row, column, walls and the
 * net's answer, and has actions that set and remove its walls and move the start and the goal there.
 */
class MazeAccess(
    private val board: View,
    private val demo: Demo,
    private val maze: () -> Maze,
    private val answer: () -> FloatArray?,
    private val change: (Maze) -> Unit,
) : View.AccessibilityDelegate() {
    private val manager = board.context.getSystemService(Context.ACCESSIBILITY_SERVICE) as AccessibilityManager

    /** The cell that is read out; none is [View.NO_ID]. */
    private var focused = View.NO_ID
    private var hovered = View.NO_ID

    override fun getAccessibilityNodeProvider(host: View): AccessibilityNodeProvider = cells

    private val cells = object : AccessibilityNodeProvider() {
        override fun createAccessibilityNodeInfo(virtualViewId: Int): AccessibilityNodeInfo? = when (virtualViewId) {
            View.NO_ID -> grid()
            in 0 until maze().cells -> cell(virtualViewId)
            else -> null
        }

        override fun findFocus(focus: Int): AccessibilityNodeInfo? =
            if (focus == AccessibilityNodeInfo.FOCUS_ACCESSIBILITY) createAccessibilityNodeInfo(focused).takeIf { focused >= 0 } else null

        override fun performAction(virtualViewId: Int, action: Int, arguments: Bundle?): Boolean = when (virtualViewId) {
            View.NO_ID -> board.performAccessibilityAction(action, arguments)
            in 0 until maze().cells -> act(virtualViewId, action)
            else -> false
        }
    }

    /** Tell where a finger explores, by the [MotionEvent]'s action: [cell] is -1 beside the cells. True if that is this grid's to tell. */
    fun hover(action: Int, cell: Int): Boolean {
        if (!manager.isEnabled || !manager.isTouchExplorationEnabled) return false
        val to = if (action == MotionEvent.ACTION_HOVER_EXIT) View.NO_ID else cell
        if (to == hovered) return to >= 0
        val from = hovered
        hovered = to
        // As the platform does from view to view: first the new one is entered.
        tell(to, AccessibilityEvent.TYPE_VIEW_HOVER_ENTER)
        tell(from, AccessibilityEvent.TYPE_VIEW_HOVER_EXIT)
        return to >= 0 || from >= 0
    }

    /** What is shown has changed: what was read of it before is read anew. */
    fun changed() {
        if (focused >= maze().cells) focused = View.NO_ID
        if (hovered >= maze().cells) hovered = View.NO_ID
        send(View.NO_ID, AccessibilityEvent.TYPE_WINDOW_CONTENT_CHANGED, AccessibilityEvent.CONTENT_CHANGE_TYPE_SUBTREE)
        if (focused >= 0) {
            send(focused, AccessibilityEvent.TYPE_WINDOW_CONTENT_CHANGED, AccessibilityEvent.CONTENT_CHANGE_TYPE_CONTENT_DESCRIPTION)
        }
    }

    private fun act(cell: Int, action: Int): Boolean {
        when (action) {
            AccessibilityNodeInfo.ACTION_ACCESSIBILITY_FOCUS -> return focus(cell)
            AccessibilityNodeInfo.ACTION_CLEAR_ACCESSIBILITY_FOCUS -> return cell == focused && focus(View.NO_ID)
        }
        val side = SIDES.firstOrNull { actionOf(it) == action }
        val to = when {
            side != null -> maze().withWall(cell, side, !maze().isOpen(cell, side))
            action == R.id.action_start && cell != maze().start -> maze().withStart(cell)
            action == R.id.action_goal && cell != maze().goal -> maze().withGoal(cell)
            else -> null
        } ?: return false
        change(to)
        return true
    }

    private fun focus(to: Int): Boolean {
        if (to == focused) return false
        val from = focused
        focused = to
        board.invalidate()
        tell(from, AccessibilityEvent.TYPE_VIEW_ACCESSIBILITY_FOCUS_CLEARED)
        tell(to, AccessibilityEvent.TYPE_VIEW_ACCESSIBILITY_FOCUSED)
        return true
    }

    private fun tell(cell: Int, type: Int) {
        if (cell in 0 until maze().cells) send(cell, type, 0)
    }

    /** Nothing is to be sent while nobody listens. */
    private fun send(cell: Int, type: Int, changes: Int) {
        if (!manager.isEnabled) return
        val event = AccessibilityEvent.obtain(type)
        event.packageName = board.context.packageName
        event.className = View::class.java.name
        event.isEnabled = true
        if (changes != 0) event.contentChangeTypes = changes
        if (cell >= 0) {
            event.contentDescription = words(maze(), cell)
            event.setSource(board, cell)
        } else {
            event.setSource(board)
        }
        board.parent?.requestSendAccessibilityEvent(board, event)
    }

    private fun grid(): AccessibilityNodeInfo {
        val info = AccessibilityNodeInfo.obtain(board)
        board.onInitializeAccessibilityNodeInfo(info)
        val side = maze().side
        info.collectionInfo = AccessibilityNodeInfo.CollectionInfo.obtain(side, side, false)
        for (cell in 0 until maze().cells) info.addChild(board, cell)
        return info
    }

    private fun cell(cell: Int): AccessibilityNodeInfo {
        val shown = maze()
        val info = AccessibilityNodeInfo.obtain(board, cell)
        val (row, column) = cell / shown.side to cell % shown.side
        info.packageName = board.context.packageName
        info.className = View::class.java.name
        info.setParent(board)
        info.isEnabled = true
        info.isVisibleToUser = true
        info.isFocusable = true
        info.isAccessibilityFocused = cell == focused
        info.contentDescription = words(shown, cell)
        info.collectionItemInfo = AccessibilityNodeInfo.CollectionItemInfo.obtain(row, 1, column, 1, false)
        val place = IntArray(2)
        board.getLocationOnScreen(place)
        val edges = MazePicture(shown, null, demo.palette, "").edges(cell, board.width.toFloat())
        val (left, top, right, bottom) = edges.mapIndexed { i, edge -> place[i % 2] + Math.round(edge) }
        info.setBoundsInScreen(Rect(left, top, right, bottom))
        val focus = if (cell == focused) FOCUS_ACTIONS.second else FOCUS_ACTIONS.first
        info.addAction(focus)
        for (side in SIDES) {
            if (shown.beside(cell, side) < 0) continue
            val label = if (shown.isOpen(cell, side)) R.string.set_wall else R.string.remove_wall
            info.addAction(AccessibilityNodeInfo.AccessibilityAction(actionOf(side), demo.text(label, name(side))))
        }
        if (cell != shown.start && cell != shown.goal) {
            info.addAction(AccessibilityNodeInfo.AccessibilityAction(R.id.action_start, demo.text(R.string.start_here)))
            info.addAction(AccessibilityNodeInfo.AccessibilityAction(R.id.action_goal, demo.text(R.string.goal_here)))
        }
        return info
    }

    /** A cell as it is read out. */
    private fun words(shown: Maze, cell: Int): String {
        val parts = arrayListOf(demo.text(R.string.cell, cell / shown.side + 1, cell % shown.side + 1))
        if (cell == shown.start) parts += demo.text(R.string.start)
        if (cell == shown.goal) parts += demo.text(R.string.goal)
        val walls = SIDES.filter { !shown.isOpen(cell, it) }
        if (walls.isNotEmpty()) parts += demo.text(R.string.walls, walls.joinToString(", ", transform = ::name))
        if (answer()?.getOrNull(cell)?.let(MazePicture::isOn) == true) parts += demo.text(R.string.on_way)
        return parts.joinToString(", ")
    }

    private fun name(side: Int): String = demo.text(
        when (side) {
            Maze.RIGHT -> R.string.right
            Maze.BELOW -> R.string.below
            Maze.LEFT -> R.string.left
            else -> R.string.above
        },
    )

    private companion object {
        val SIDES = listOf(Maze.RIGHT, Maze.BELOW, Maze.LEFT, Maze.ABOVE)
        val FOCUS_ACTIONS = AccessibilityNodeInfo.AccessibilityAction.ACTION_ACCESSIBILITY_FOCUS to
            AccessibilityNodeInfo.AccessibilityAction.ACTION_CLEAR_ACCESSIBILITY_FOCUS

        fun actionOf(side: Int) = when (side) {
            Maze.RIGHT -> R.id.action_right
            Maze.BELOW -> R.id.action_below
            Maze.LEFT -> R.id.action_left
            else -> R.id.action_above
        }
    }
}
