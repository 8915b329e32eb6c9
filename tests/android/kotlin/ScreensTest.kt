package io.actmobile.tests

import android.app.Activity
import android.view.View
import android.widget.EditText
import fake.Phone
import io.actmobile.demo.R
import io.actmobile.demo.run.Maze
import java.io.File
import javax.imageio.ImageIO
import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** Whole screens with real answers, drawn on the JVM into the folder `pictures`. */
class ScreensTest {
    @Test
    fun screensAreDrawn() {
        for ((language, width, night, scale) in listOf(Look("", 360, false, 1f), Look("", 360, true, 1f), Look("de", 320, false, 2f), Look("", 320, true, 2f))) {
            val phone = Driven(MODELS, { it.removeSuffix(FORM) })
            Phone.language = language
            Phone.isNight = night
            Phone.fontScale = scale
            phone.rotate()
            phone.session.settings["maze"] = Maze.random(9, Random(5)).toString()
            phone.open("charlm-native")
            phone.view<EditText>(R.id.input).setText("To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer")
            phone.until("read") { phone.text(R.id.counts).isNotEmpty() }
            save(phone, "text", language, width, night, scale)
            phone.open("maze-native")
            phone.until("answered") { phone.text(R.id.step).isNotEmpty() }
            save(phone, "maze", language, width, night, scale)
            phone.tab(R.string.models)
            save(phone, "models", language, width, night, scale)
        }
    }

    private data class Look(val language: String, val width: Int, val isNight: Boolean, val fontScale: Float)

    /** No word is wider than its view, however large the letters. */
    private fun save(phone: Driven, name: String, language: String, width: Int, night: Boolean, scale: Float) {
        val screens = Screens()
        val image = screens.draw(content(phone.activity), (width * Phone.density).toInt())
        val words = listOf("screen", name, if (night) "dark" else "light", "$width") + listOf(language).filter(String::isNotEmpty)
        val file = File(System.getProperty("pictures"), words.joinToString("-") + ".png")
        ImageIO.write(image, "png", file)
        assertTrue(file.length() > 10_000)
        assertEquals("$name, $language, $scale", emptySet<String>(), screens.tooWide)
    }

    private companion object {
        /** Those that make android-assets brings, but for the name. */
        const val FORM = "-loop-fp32-budget"
        val MODELS = listOf("charlm", "hops", "maze").flatMap { model -> listOf("onnx", "tflite", "native").map { "$model-$it$FORM" } }
    }

    /** What the activity shows, from its outermost view. */
    private fun content(activity: Activity): View {
        var view: View = activity.findViewById(R.id.content)
        while (view.parent is View) view = view.parent as View
        return view
    }
}
