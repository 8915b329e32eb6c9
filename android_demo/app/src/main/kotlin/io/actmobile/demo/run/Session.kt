package io.actmobile.demo.run

import io.actmobile.kit.ActStreamer
import io.actmobile.kit.Budget
import io.actmobile.kit.Golden
import io.actmobile.kit.Opened
import io.actmobile.kit.Opening
import io.actmobile.kit.Refused
import io.actmobile.kit.Runtime
import io.actmobile.kit.orClose
import java.io.File
import java.util.concurrent.Executor

/** The part of the app that outlives its screens: the model that is open, kept files, and the thread that computes. */
class Session(files: File, val runtimes: List<Runtime>, ui: Executor) {
    val worker = Worker(ui, "inference")

    /** Writes what is kept, while the other thread computes. */
    val writer = Worker(ui, "files")
    val settings = Settings(File(files, "settings.json"))
    val draft = Draft(File(files, "text.json"), writer)
    val history = History(File(files, "history.jsonl"))
    val models = Models(File(files, "models").apply { mkdirs() }, runtimes.map { it.target }.toSet())

    /** A model that is open. */
    class Open(val entry: Models.Entry, val opened: Opened) {
        val manifest get() = opened.manifest
        val kind = Kind.of(manifest)
        val streamer: ActStreamer? = if (kind == Kind.PLAIN) null else ActStreamer(manifest, opened.model)
        val golden = Golden.read(manifest, File(entry.folder, manifest.name + Golden.SUFFIX))

        /** In force for the runs that follow; null where the model has no budget inputs. */
        @Volatile
        var budget: Budget? = streamer?.defaultBudget
            internal set
    }

    /** A model that is being opened. */
    class Attempt(val entry: Models.Entry, val runtime: Runtime)

    /** The way in which an attempt ended; [reason] of a refusal is null for want of memory. */
    class End(val isOpen: Boolean, val reason: String?)

    var open: Open? = null
        private set

    /** The model that is being opened; null if none is. */
    var attempt: Attempt? = null
        private set

    private var job: Worker.Job? = null
    private var end: End? = null

    /** True until the models that the app brings are there. */
    var isBringing = false
        private set

    /** Why they could not be copied; null if they could. */
    var missing: String? = null
        private set

    /** Listener on the UI thread: the app's models are there, or [missing], or an attempt has ended. */
    var onNews: (() -> Unit)? = null

    /** The model whose opening ended the app the last time, if one did. */
    var endedBy: String? = settings[Settings.OPENING]
        private set

    init {
        settings[Settings.OPENING] = null
    }

    /** Copy the app's models, before anything that is started later, and read all manifests; on the thread that computes. */
    fun bring(copy: () -> Unit) {
        isBringing = true
        worker.start(
            {
                copy()
                models.entries()
            },
            { brought(it ?: "OutOfMemoryError") }, { brought(null) },
        )
    }

    private fun brought(reason: String?) {
        isBringing = false
        missing = reason
        onNews?.invoke()
    }

    /** The user has been told of [endedBy]. */
    fun forgetEnd() {
        endedBy = null
    }

    /** The end of the last attempt, which is told once; null if there is no news. */
    fun takeEnd(): End? = end.also { end = null }

    /** The runtimes that take a model. */
    fun runtimesOf(entry: Models.Entry): List<Runtime> = runtimes.filter { it.target == entry.manifest?.target }

    /** Open a model after its golden bundle has been checked; the one that was open is closed. [onNews] tells of its end. */
    fun open(entry: Models.Entry, runtime: Runtime) {
        close()
        val manifest = entry.manifest ?: return ended(End(false, entry.problem))
        settings[Settings.OPENING] = entry.name
        attempt = Attempt(entry, runtime)
        job = worker.start(
            { Opening.open(manifest, entry.manifestFile, runtime).orClose { Open(entry, it) } },
            { reason -> ended(End(false, reason)) },
            { made ->
                open = made
                budgetOf(made)?.let { made.budget = it }
                settings[Settings.MODEL] = entry.name
                ended(End(true, null))
            },
            { late -> worker.afterwards(late.opened::close) },
        )
    }

    private fun ended(how: End) {
        settings[Settings.OPENING] = null
        attempt = null
        end = how
        onNews?.invoke()
    }

    /** Close what is open, or being opened, once nothing uses it any more. */
    fun close() {
        job?.cancel()
        settings[Settings.OPENING] = null
        attempt = null
        end = null
        val closing = open?.opened ?: return
        open = null
        worker.afterwards(closing::close)
    }

    /** The model that was open last, if it is still there. */
    fun lastModel(): Models.Entry? = settings[Settings.MODEL]?.let { name -> models.entries().firstOrNull { it.name == name } }

    /** Delete a model that a user gave, and what is kept for it. */
    fun delete(entry: Models.Entry) {
        models.delete(entry)
        settings[Settings.BUDGET + entry.name] = null
    }

    /** Let runs that follow have a budget, also when the model is opened again. */
    fun setBudget(open: Open, budget: Budget) {
        open.budget = budget
        settings[Settings.BUDGET + open.entry.name] = "${budget.haltThreshold} ${budget.maxPonder}"
    }

    /** The budget that is kept for a model; null if there is none that it can have. */
    private fun budgetOf(open: Open): Budget? {
        if (open.budget == null) return null
        val words = settings[Settings.BUDGET + open.entry.name]?.split(' ') ?: return null
        val threshold = words[0].toFloatOrNull()?.takeIf { it in 0f..1f } ?: return null
        val limit = words.getOrNull(1)?.toIntOrNull()?.takeIf { it in 1..open.manifest.maxPonder } ?: return null
        return Budget(threshold, limit)
    }

    /** Apply the budget that is in force and return what feeds the model. */
    fun streamer(open: Open): ActStreamer {
        val streamer = open.streamer ?: throw Refused("${open.manifest.artefact}: has no screen of its own")
        open.budget?.let { streamer.budget = it }
        return streamer
    }
}
