package io.actmobile.demo

import android.app.Application
import android.os.Handler
import android.os.Looper
import io.actmobile.android.BundledModels
import io.actmobile.android.LiteRt
import io.actmobile.android.NativeEngine
import io.actmobile.android.OnnxRuntime
import io.actmobile.demo.run.Session
import java.io.File
import java.util.concurrent.Executor

/** Holds the session, which outlives rotations. */
class DemoApp : Application() {
    lateinit var session: Session
        private set

    override fun onCreate() {
        super.onCreate()
        val main = Handler(Looper.getMainLooper())
        val runtimes = listOf(OnnxRuntime(cacheDir), LiteRt(), NativeEngine())
        session = Session(filesDir, runtimes, Executor { main.post(it) })
        val version = packageManager.getPackageInfo(packageName, 0).lastUpdateTime
        session.bring { BundledModels.copy(assets, File(filesDir, "models"), version.toString()) }
    }

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        // In the background: the model is opened again when its user comes back.
        if (level >= TRIM_MEMORY_BACKGROUND) session.close()
    }
}
