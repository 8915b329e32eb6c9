package io.actmobile.tests

import android.content.ClipData
import android.content.Intent
import android.net.Uri
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import fake.Phone
import io.actmobile.demo.R
import io.actmobile.demo.ui.PictureView
import java.io.File
import org.junit.Assert.assertTrue

internal const val TEXT = "charlm-onnx-loop-fp32-budget"
internal const val TFLITE = "charlm-tflite-loop-fp32-budget"
internal const val NATIVE = "charlm-native-loop-fp32-budget"
internal const val PLAIN = "parity-onnx-loop-fp32"
internal const val MAZE = "maze-onnx-loop-fp32-budget"
internal const val MAZE_TFLITE = "maze-tflite-loop-fp32-budget"
internal const val MAZE_NATIVE = "maze-native-loop-fp32-budget"

/** Type a text and wait until it has been read. */
internal fun Driven.type(text: String) {
    view<TextView>(R.id.summary).text = ""
    view<EditText>(R.id.input).setText(text)
    until("read") { text(R.id.summary).isNotEmpty() }
}

/** Draw a picture of the screen, which says what it shows. */
internal fun Driven.draw(id: Int) {
    val view = view<PictureView>(id)
    view.measure(640, 0)
    assertTrue(view.contentDescription.isNotEmpty())
    view.draw(android.graphics.Canvas(java.awt.image.BufferedImage(maxOf(1, view.width), maxOf(1, view.height), 2)))
}

/** The net has answered the maze. */
internal fun Driven.answered() = until("answered") { activity.findViewById<TextView>(R.id.step)?.text?.isNotEmpty() == true }

/** Nothing is being unpacked or opened, and the screen knows. */
internal fun Driven.idle() {
    until("idle") { !session.isBringing && session.attempt == null }
    settle()
}

/** The title of the tab that is shown. */
internal fun Driven.selected(): String = view<LinearLayout>(R.id.tabs).let { tabs ->
    (0 until tabs.childCount).map { tabs.getChildAt(it) as Button }.single(View::isSelected).text.toString()
}

/** The two sliders in words. */
internal fun Driven.budget(): String = "${text(R.id.limit_label)}, ${text(R.id.threshold_label)}"

/** Files of a folder, as the chooser of documents returns them; [spoil] changes the bytes of each. */
internal fun chosen(folder: File, vararg names: String, spoil: (String, ByteArray) -> ByteArray = { _, bytes -> bytes }): Intent {
    val clip = ClipData()
    for (name in names) {
        val uri = Uri.parse("content://documents/$name")
        Phone.documents[uri.toString()] = spoil(name, File(folder, name).readBytes())
        clip.addItem(ClipData.Item(uri))
    }
    return Intent().apply { clipData = clip }
}
