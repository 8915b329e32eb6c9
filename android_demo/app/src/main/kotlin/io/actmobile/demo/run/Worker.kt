package io.actmobile.demo.run

import io.actmobile.kit.Refused
import java.io.IOException
import java.util.concurrent.Executor
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors

/** Runs work off the UI thread, one piece after the other, and tells what came of it on the UI thread. */
class Worker(private val ui: Executor, name: String) {
    private val thread: ExecutorService = Executors.newSingleThreadExecutor { Thread(it, name).apply { isDaemon = true } }

    /** A piece of work. */
    class Job {
        @Volatile
        var isAlive = true
            private set

        private var runner: Thread? = null

        /** Nothing is told of it from now on, and a ponder loop that the app drives ends; on the UI thread. */
        @Synchronized
        fun cancel() {
            isAlive = false
            runner?.interrupt()
        }

        /** False if it has been cancelled. */
        @Synchronized
        internal fun begin(): Boolean {
            if (isAlive) runner = Thread.currentThread()
            return isAlive
        }

        /** Take back an interruption that came late, so that the next piece of work does not get it. */
        @Synchronized
        internal fun end() {
            runner = null
            Thread.interrupted()
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
            if (!job.begin()) return@execute
            try {
                val result = work(job::isAlive)
                if (result != null) ui.execute { if (job.isAlive) done(result) else dropped(result) }
            } catch (error: Refused) {
                ui.execute { if (job.isAlive) refused(error.message) }
            } catch (error: IOException) {
                ui.execute { if (job.isAlive) refused(error.message ?: error.toString()) }
            } catch (error: OutOfMemoryError) {
                ui.execute { if (job.isAlive) refused(null) }
            } catch (cancelled: InterruptedException) {
                check(!job.isAlive) { "interrupted by another than cancel" }
            } finally {
                job.end()
            }
        }
        return job
    }

    /** Run something after all that has been started, such as closing what it uses. */
    fun afterwards(work: () -> Unit) = thread.execute(work)
}
