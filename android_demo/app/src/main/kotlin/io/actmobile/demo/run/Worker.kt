package io.actmobile.demo.run

import io.actmobile.kit.Refused
import java.io.IOException
import java.util.concurrent.Executor
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors

/** Runs work off the UI thread, one piece after the other, and tells what came of it on the UI thread. */
class Worker(private val ui: Executor) {
    private val thread: ExecutorService = Executors.newSingleThreadExecutor { Thread(it, "inference").apply { isDaemon = true } }

    /** A piece of work. */
    class Job {
        @Volatile
        var isAlive = true
            private set

        /** Nothing is told of it from now on; on the UI thread. */
        fun cancel() {
            isAlive = false
        }
    }

    /**
     * Start some work.
     *
     * @param work returns null when it found itself ended.
     * @param refused is told why there is no result, null for want of memory; on the UI thread.
     * @param done is told the result; on the UI thread.
     * @param dropped is given a result that came too late.
     */
    fun <T : Any> start(
        work: (alive: () -> Boolean) -> T?,
        refused: (String?) -> Unit,
        done: (T) -> Unit,
        dropped: (T) -> Unit = {},
    ): Job {
        val job = Job()
        thread.execute {
            if (!job.isAlive) return@execute
            try {
                val result = work(job::isAlive)
                if (result != null) ui.execute { if (job.isAlive) done(result) else dropped(result) }
            } catch (error: Refused) {
                ui.execute { if (job.isAlive) refused(error.message) }
            } catch (error: IOException) {
                ui.execute { if (job.isAlive) refused(error.message ?: error.toString()) }
            } catch (error: OutOfMemoryError) {
                ui.execute { if (job.isAlive) refused(null) }
            }
        }
        return job
    }

    /** Run something after all that has been started, such as closing what it uses. */
    fun afterwards(work: () -> Unit) = thread.execute(work)
}
