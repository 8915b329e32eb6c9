package io.actmobile.demo.ui

import android.graphics.Rect
import android.os.Bundle
import android.view.View
import android.view.accessibility.AccessibilityNodeInfo
import android.view.accessibility.AccessibilityNodeProvider
import io.actmobile.demo.R
import io.actmobile.demo.draw.MazePicture
import io.actmobile.demo.run.Maze

/** The maze as a grid for TalkBack: a cell is read out with its row, column, walls and the net's answer. */
class MazeAccess(
    private val board: View,
    private val demo: Demo,
    private val maze: () -> Maze,
    private val answer: () -> FloatArray?,
    private val changed: (Maze) -> Unit,
) : View.AccessibilityDelegate() {
    override fun getAccessibilityNodeProvider(host: View): AccessibilityNodeProvider = cells

    private val cells = object : AccessibilityNodeProvider() {
        override fun createAccessibilityNodeInfo(virtualViewId: Int): AccessibilityNodeInfo =
            if (virtualViewId == View.NO_ID) grid() else cell(virtualViewId)

        override fun performAction(virtualViewId: Int, action: Int, arguments: Bundle?): Boolean {
            val side = SIDES.firstOrNull { actionOf(it) == action } ?: return false
            if (virtualViewId !in 0 until maze().cells) return false
            val change = maze().withWall(virtualViewId, side, !maze().isOpen(virtualViewId, side)) ?: return false
            changed(change)
            return true
        }
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
        info.contentDescription = words(shown, cell)
        info.collectionItemInfo = AccessibilityNodeInfo.CollectionItemInfo.obtain(row, 1, column, 1, false)
        val size = board.width / shown.side
        val place = IntArray(2)
        board.getLocationOnScreen(place)
        val (left, top) = place[0] + column * size to place[1] + row * size
        info.setBoundsInScreen(Rect(left, top, left + size, top + size))
        for (side in SIDES) {
            if (shown.beside(cell, side) < 0) continue
            val label = if (shown.isOpen(cell, side)) R.string.set_wall else R.string.remove_wall
            info.addAction(AccessibilityNodeInfo.AccessibilityAction(actionOf(side), demo.text(label, name(side))))
        }
        return info
    }

    /** A cell as it is read out. */
    fun words(shown: Maze, cell: Int): String {
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

        fun actionOf(side: Int) = when (side) {
            Maze.RIGHT -> R.id.action_right
            Maze.BELOW -> R.id.action_below
            Maze.LEFT -> R.id.action_left
            else -> R.id.action_above
        }
    }
}
