package io.actmobile.demo.ui

import android.os.Handler
import android.os.Looper
import android.view.MotionEvent
import android.view.View
import android.widget.Button
import android.widget.SeekBar
import android.widget.TextView
import io.actmobile.demo.R
import io.actmobile.demo.draw.MazePicture
import io.actmobile.demo.run.Kind
import io.actmobile.demo.run.Maze
import io.actmobile.demo.run.MazeReading
import io.actmobile.demo.run.Session
import io.actmobile.demo.run.Worker
import kotlin.random.Random

/** A maze to draw in, and the net's way through it, ponder step by ponder step. */
class MazeScreen : Screen("maze", R.string.maze, R.layout.screen_maze) {
    private var job: Worker.Job? = null
    private var reading: MazeReading? = null
    private var panel: BudgetPanel? = null
    private var access: MazeAccess? = null
    private var shown = 0
    private var held: Held? = null
    private lateinit var maze: Maze
    private var largest = Maze.SMALLEST
    private val clock = Handler(Looper.getMainLooper())
    private var isPlaying = false

    /** A finger's hold: an end of the way, or walls that it opens or shuts. */
    private sealed class Held {
        object Start : Held()

        object Goal : Held()

        class Walls(val opens: Boolean) : Held()
    }

    override fun isFor(session: Session) = session.open?.kind == Kind.MAZE

    override fun bind(root: View, demo: Demo) {
        val open = demo.session.open ?: return
        reading = null
        largest = open.manifest.data[0].at(1)[2]
        val kept = demo.session.settings[MAZE]?.let(Maze::parse)
        maze = kept?.takeIf { it.side <= largest } ?: Maze.random(minOf(DEFAULT, largest), Random.Default)
        panel = BudgetPanel(root, demo, open, R.string.answer_times) { ask(root, demo, open) }
        val board = root.needs<PictureView>(R.id.board)
        board.widest = demo.pixels(WIDEST).toInt()
        board.onTouch = { action, x, y, width -> touch(root, demo, open, action, x, y, width) }
        access = MazeAccess(board, demo, { maze }, { reading?.frames?.getOrNull(shown)?.probabilities }) { change(root, demo, open, it) }
        board.accessibilityDelegate = access
        board.onHover = { action, x, y, width -> access?.hover(action, cellAt(demo, x, y, width)) == true }
        val size = root.needs<SeekBar>(R.id.size)
        size.max = largest - Maze.SMALLEST
        size.progress = maze.side - Maze.SMALLEST
        root.needs<Button>(R.id.fresh).setOnClickListener {
            change(root, demo, open, Maze.random(size.progress + Maze.SMALLEST, Random.Default))
        }
        root.needs<Button>(R.id.back).setOnClickListener { frame(root, demo, shown - 1) }
        root.needs<Button>(R.id.forward).setOnClickListener { frame(root, demo, shown + 1) }
        root.needs<Button>(R.id.play).setOnClickListener { if (isPlaying) pause(root, demo) else play(root, demo) }
        Keeping.bind(root, demo, open) { reading?.let { verdict(demo, it) to "${verdict(demo, it)}\n${it.maze}" } }
        ask(root, demo, open)
    }

    override fun leave() {
        job?.cancel()
        clock.removeCallbacksAndMessages(null)
        isPlaying = false
        panel = null
        access = null
    }

    private fun change(root: View, demo: Demo, open: Session.Open, to: Maze) {
        maze = to
        demo.session.settings[MAZE] = to.toString()
        ask(root, demo, open)
    }

    private fun ask(root: View, demo: Demo, open: Session.Open) {
        job?.cancel()
        pause(root, demo)
        reading = null
        draw(root, demo)
        val asked = maze
        job = demo.session.worker.start(
            { alive -> MazeReading.read(asked, demo.session.streamer(open), largest, open.manifest.maxPonder, alive) },
            { reason -> demo.notice(reason ?: demo.text(R.string.no_memory)) },
            { read ->
                reading = read
                panel?.show(read.times)
                frame(root, demo, read.frames.size - 1)
            },
        )
    }

    private fun frame(root: View, demo: Demo, to: Int) {
        val read = reading ?: return
        shown = to.coerceIn(0, read.frames.size - 1)
        draw(root, demo)
    }

    private fun play(root: View, demo: Demo) {
        val read = reading ?: return
        isPlaying = true
        root.needs<Button>(R.id.play).text = demo.text(R.string.pause)
        if (shown == read.frames.size - 1) frame(root, demo, 0)
        clock.postDelayed({ tick(root, demo) }, FRAME)
    }

    private fun tick(root: View, demo: Demo) {
        val read = reading
        if (!isPlaying || read == null) return
        frame(root, demo, shown + 1)
        if (shown < read.frames.size - 1) clock.postDelayed({ tick(root, demo) }, FRAME) else pause(root, demo)
    }

    private fun pause(root: View, demo: Demo) {
        isPlaying = false
        clock.removeCallbacksAndMessages(null)
        root.needs<Button>(R.id.play).text = demo.text(R.string.play)
    }

    private fun draw(root: View, demo: Demo) {
        val read = reading
        val words = if (read == null) demo.text(R.string.thinking) else verdict(demo, read)
        root.needs<PictureView>(R.id.board).show(MazePicture(maze, read?.frames?.get(shown)?.probabilities, demo.palette, demo.text(R.string.board_words, maze.side, words)))
        root.needs<TextView>(R.id.verdict).text = words
        root.needs<TextView>(R.id.step).text =
            if (read == null) "" else demo.text(R.string.step_of, read.frames[shown].ponderSteps, read.frames.last().ponderSteps)
        access?.changed()
    }

    private fun cellAt(demo: Demo, x: Float, y: Float, width: Float) = MazePicture(maze, null, demo.palette, "").cellAt(x, y, width)

    private fun verdict(demo: Demo, read: MazeReading): String {
        val right = read.right ?: return demo.text(R.string.no_way)
        return demo.text(R.string.maze_verdict, read.last.ponderSteps[0], right, read.maze.cells, read.maze.solution().length)
    }

    private fun touch(root: View, demo: Demo, open: Session.Open, action: Int, x: Float, y: Float, width: Float) {
        val picture = MazePicture(maze, null, demo.palette, "")
        val cell = picture.cellAt(x, y, width)
        when (action) {
            MotionEvent.ACTION_DOWN -> held = when (cell) {
                -1 -> null
                maze.start -> Held.Start
                maze.goal -> Held.Goal
                else -> picture.wallAt(x, y, width)?.let { (at, to) -> Held.Walls(!maze.isOpen(at, to)) }
            }
            MotionEvent.ACTION_UP, MotionEvent.ACTION_CANCEL -> held = null
        }
        val changed = if (cell < 0) {
            null
        } else {
            when (val holding = held) {
                Held.Start -> if (cell != maze.start) maze.withStart(cell) else null
                Held.Goal -> if (cell != maze.goal) maze.withGoal(cell) else null
                is Held.Walls -> picture.wallAt(x, y, width)?.let { (at, to) ->
                    if (maze.isOpen(at, to) != holding.opens) maze.withWall(at, to, holding.opens) else null
                }
                null -> null
            }
        }
        if (changed != null) change(root, demo, open, changed)
    }

    private companion object {
        const val MAZE = "maze"
        const val DEFAULT = 9
        const val WIDEST = 560f
        const val FRAME = 350L
    }
}
