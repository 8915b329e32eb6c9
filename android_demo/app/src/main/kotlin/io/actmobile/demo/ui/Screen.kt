package io.actmobile.demo.ui

import android.content.Context
import android.view.View
import io.actmobile.demo.draw.Palette
import io.actmobile.demo.run.Session
import io.actmobile.kit.Refused

/** The activity as a screen sees it, without its life. */
interface Demo {
    val context: Context
    val session: Session
    val palette: Palette

    fun text(id: Int, vararg arguments: Any): String

    /** Pixels of a length in dp, or with [scaled] in sp. */
    fun pixels(dp: Float, scaled: Boolean = false): Float

    /** Say something that must be seen; null takes it away. */
    fun notice(text: String?)

    /** Show a tab for each screen that there is now. */
    fun showTabs()

    fun share(text: String)

    /** Let the user choose the files of a model. */
    fun chooseFiles()

    /** Let the user choose the folder of a model. */
    fun chooseFolder()
}

/**
 * One screen; `MainActivity.screens` is the list of them.
 *
 * A screen is bound when it is gone to and left when another is, or the activity is stopped. What must
 * outlive it lies in the session.
 */
abstract class Screen(val name: String, val title: Int, val layout: Int) {
    /** True if it can be gone to now. */
    open fun isFor(session: Session): Boolean = true

    abstract fun bind(root: View, demo: Demo)

    /** Stop what runs for it. */
    open fun leave() = Unit
}

/** A view of a layout that has it. */
fun <T : View> View.needs(id: Int): T = requireNotNull(findViewById<T>(id)) { "the layout has no view $id" }

/** Do something, or say why not. */
fun Demo.orNotice(something: () -> Unit) = try {
    something()
} catch (refused: Refused) {
    notice(refused.message)
}

/** Show or hide, without room. */
fun View.show(isShown: Boolean) {
    visibility = if (isShown) View.VISIBLE else View.GONE
}
