package io.actmobile.demo

import android.app.Activity
import android.os.Bundle
import android.util.Log
import android.view.WindowManager
import android.widget.TextView
import io.actmobile.demo.run.Benchmark
import java.io.File
import java.io.IOException

/**
 * The entry for `act-profile --device adb --in-app`: started by adb alone, which holds the permission that
 * it asks for. What came of it is logged, and written beside the rows as `ROWS.status`.
 */
class BenchmarkActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_benchmark)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        if (savedInstanceState != null) return
        val folder = getExternalFilesDir("benchmark") ?: return end(null, getString(R.string.no_storage))
        val extras = intent.extras
        val given = extras?.keySet().orEmpty().associateWith { extras?.get(it) }
        val session = (application as DemoApp).session
        val rows = (given["rows"] as? String)?.takeIf { it == File(it).name && !it.startsWith(".") }
        val status = rows?.let { File(folder, "$it.status") }
        status?.delete()
        session.worker.start(
            { Benchmark.of(given, folder).run(session.runtimes) },
            { reason -> end(status, "refused: ${reason ?: getString(R.string.no_memory)}") },
            { backend -> end(status, "done: $backend") },
        )
    }

    private fun end(status: File?, words: String) {
        Log.i("act-benchmark", words)
        findViewById<TextView>(R.id.status).text = words
        try {
            status?.writeText(words + "\n")
        } catch (error: IOException) {
            Log.e("act-benchmark", "${status?.name}: ${error.message}")
        }
    }
}
