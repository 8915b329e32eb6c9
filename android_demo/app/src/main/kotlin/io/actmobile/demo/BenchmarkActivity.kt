package io.actmobile.demo

import android.app.Activity
import android.os.Bundle
import android.util.Log
import android.view.WindowManager
import android.widget.TextView
import io.actmobile.demo.run.Benchmark
import io.actmobile.demo.run.Benchmark.Ending
import io.actmobile.kit.Refused
import java.io.File
import java.io.IOException

/**
 * The entry for `act-profile --device adb --in-app`: started by adb alone, which holds the permission that
 * it asks for. What came of it is logged, and written beside the rows as `ROWS.status` once it has ended:
 * a line with the exit code that act-runner would have, and one with its facts or the reason.
 */
class BenchmarkActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_benchmark)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        if (savedInstanceState != null) return
        val folder = getExternalFilesDir("benchmark") ?: return end(null, Ending(Benchmark.USAGE, getString(R.string.no_storage)))
        val extras = intent.extras
        val given = extras?.keySet().orEmpty().associateWith { extras?.get(it) }
        val session = (application as DemoApp).session
        val rows = (given["rows"] as? String)?.takeIf { it.isNotEmpty() && it == File(it).name && !it.startsWith(".") }
        // Where it would take the place of a file that is read, the reason is on the screen alone.
        val status = rows?.let { it + Benchmark.STATUS }
            ?.takeIf { name -> given.values.none { it is String && it.startsWith(name, ignoreCase = true) } }?.let { File(folder, it) }
        session.worker.start(
            {
                try {
                    Benchmark.of(given, folder).run(session.runtimes)
                } catch (wrong: Refused) {
                    Ending(Benchmark.USAGE, wrong.message)
                }
            },
            { reason -> end(status, Ending(Benchmark.CALL, reason ?: getString(R.string.no_memory))) },
            { ending -> end(status, ending) },
        )
    }

    private fun end(status: File?, ending: Ending) {
        val words = ending.words.replace('\n', ' ')
        Log.i("act-benchmark", "${ending.code}: $words")
        findViewById<TextView>(R.id.status).text = words
        if (status == null) return
        try {
            val aside = File("$status.new")
            aside.writeText("${ending.code}\n$words\n")
            if (!aside.renameTo(status)) Log.e("act-benchmark", "${status.name}: cannot be written")
        } catch (error: IOException) {
            Log.e("act-benchmark", "${status.name}: ${error.message}")
        }
    }
}
