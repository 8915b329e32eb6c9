package io.actmobile.tests

import android.view.View
import android.widget.LinearLayout
import fake.Phone
import io.actmobile.demo.R
import java.io.File
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test

/** Models are unpacked and opened off the UI thread, whatever becomes of the activity meanwhile. */
class OpeningTest {
    @Test
    fun anOpeningOutlivesItsActivity() {
        val phone = Driven(listOf(NATIVE)).ready()
        phone.choose(NATIVE)
        val tabs = {
            phone.tab(R.string.history)
            phone.tab(R.string.models)
        }
        val turns = listOf(phone::rotate, { phone.background() }, tabs)
        for (turn in turns) {
            phone.session.close()
            phone.tab(R.string.models)
            phone.click(R.id.open)
            turn()
            assertEquals("", phone.notice())
            assertTrue(phone.text(R.id.opened), phone.text(R.id.opened).startsWith("Opening and checking $NATIVE"))
            phone.idle()
            assertEquals("Text" to "", phone.selected() to phone.notice())
        }
        // Its user has gone elsewhere, and is left there.
        phone.tab(R.string.models)
        phone.click(R.id.open)
        phone.tab(R.string.history)
        phone.idle()
        assertEquals("History", phone.selected())
        assertTrue("Text" in phone.tabs())
    }

    @Test
    fun aScreenIsNotLostWhileItsModelIsOpenedAgain() {
        val phone = Driven(listOf(NATIVE))
        phone.open(NATIVE)
        phone.tab(R.string.facts)
        for (turn in listOf(phone::rotate, { phone.background() }, { phone.background { phone.idle() } })) {
            phone.killAndRestore()
            phone.until("unpacked") { !phone.session.isBringing }
            assertTrue(phone.notice(), phone.notice().startsWith("Opening and checking"))
            turn()
            phone.idle()
            assertEquals("Facts" to "", phone.selected() to phone.notice())
        }
    }

    @Test
    fun aRefusalOutlivesItsActivity() {
        val phone = Driven(listOf(NATIVE)).ready()
        File(Phone.home, "files/models/$NATIVE/model.actn").appendText("x")
        for (turn in listOf(phone::rotate, { phone.background { phone.idle() } })) {
            phone.choose(NATIVE)
            phone.click(R.id.open)
            turn()
            phone.idle()
            assertTrue(phone.notice(), phone.notice().startsWith("model.actn: not the file that"))
            assertEquals("", phone.text(R.id.opened))
        }
    }

    @Test
    fun theModelThatEndedTheAppIsNamedOnceAndNotOpenedByItself() {
        val phone = Driven(listOf(TEXT, NATIVE))
        phone.open(TEXT)
        phone.session.settings["opening"] = TEXT
        phone.killAndRestore()
        phone.idle()
        assertEquals(null, phone.session.open)
        assertEquals("The app ended while it opened $TEXT. Choose another model, or the same again.", phone.notice())
        phone.rotate()
        assertEquals("", phone.notice())
        phone.killAndRestore()
        phone.idle()
        assertEquals("", phone.notice())
    }

    @Test
    fun whatIsCancelledMakesRoomForTheNext() {
        val worker = Driven(emptyList()).ready().session.worker
        val began = CountDownLatch(1)
        val stuck = worker.start<Unit>(
            {
                began.countDown()
                CountDownLatch(1).await()
            },
            { throw AssertionError(it) }, { throw AssertionError("there is no result") },
        )
        began.await()
        stuck.cancel()
        val next = CountDownLatch(1)
        worker.afterwards { if (!Thread.currentThread().isInterrupted) next.countDown() }
        assertTrue(next.await(10, TimeUnit.SECONDS))
    }

    @Test
    fun aManifestIsReadOnceAndAgainWhereItChanged() {
        val phone = Driven(listOf(TEXT, NATIVE)).ready()
        val models = phone.session.models
        val first = models.entries()
        assertEquals(2, first.size)
        models.entries().zip(first).forEach { (again, before) -> assertSame(before.manifest, again.manifest) }
        File(Phone.home, "files/models/$TEXT/model.manifest.json").appendText("\n")
        assertEquals(listOf(true, false), models.entries().zip(first).map { (again, before) -> again.manifest === before.manifest })
    }

    @Test
    fun aModelThatCannotBeOpenedSaysWhyAndLocksNobodyOut() {
        val phone = Driven(listOf(TEXT, NATIVE)).ready()
        val damaged = File(Phone.home, "files/models/$NATIVE/model.actn")
        damaged.writeBytes(damaged.readBytes().also { it[it.size / 2] = (it[it.size / 2] + 1).toByte() })
        phone.choose(NATIVE)
        phone.click(R.id.open)
        phone.until("refused") { phone.notice().startsWith("model.actn: not the file that") }
        assertEquals(null, phone.session.open)
        phone.open(TEXT)
        // A model that ended the app is not opened by itself the next time, and is named.
        phone.session.settings["opening"] = TEXT
        phone.killAndRestore()
        phone.settle()
        phone.tab(R.string.models)
        phone.open(TEXT)
        File(Phone.home, "files/models/$TEXT/model.manifest.json").writeText("{}")
        phone.tab(R.string.models)
        phone.choose(TEXT)
        assertTrue(phone.notice().startsWith("model.manifest.json: not a manifest"))
        assertFalse(phone.view<View>(R.id.open).isEnabled)
    }

    @Test
    fun modelsAreUnpackedOffTheUiThread() {
        val gate = java.util.concurrent.CountDownLatch(1)
        val threads = java.util.Collections.synchronizedSet(HashSet<String>())
        val phone = Driven(
            listOf(TEXT, NATIVE),
            whenAssetIsRead = {
                threads += Thread.currentThread().name
                gate.await()
            },
        )
        phone.settle()
        assertEquals("The models of the app are being unpacked.", phone.notice())
        assertEquals(0, phone.view<LinearLayout>(R.id.models).childCount)
        phone.rotate()
        phone.tab(R.string.settings)
        phone.tab(R.string.models)
        gate.countDown()
        phone.open(NATIVE)
        assertEquals(setOf("inference"), threads)
        phone.type("Stay")

        // Another version of the app brings them anew: the screen that was there comes back, once its model has.
        val again = java.util.concurrent.CountDownLatch(1)
        Phone.whenAssetIsRead = Phone.AssetReading { again.await() }
        Phone.installed = 1
        phone.killAndRestore()
        phone.rotate()
        phone.background()
        phone.settle()
        assertTrue(phone.session.isBringing)
        again.countDown()
        phone.until("read again") { phone.activity.findViewById<View>(R.id.summary) != null && phone.text(R.id.summary).startsWith("4 bytes") }
        assertEquals("Stay", phone.text(R.id.input))
    }

    @Test
    fun aFullDiskLeavesNoHalfOfAModel() {
        val phone = Driven(listOf(TEXT), whenAssetIsRead = { throw java.io.IOException("no space left") }).ready()
        assertEquals("The models of the app could not be copied: no space left", phone.notice())
        assertEquals(emptyList<String>(), phone.session.models.entries().map { it.name })
        assertEquals(View.VISIBLE, phone.view<View>(R.id.no_models).visibility)
        Phone.whenAssetIsRead = Phone.AssetReading {}
        phone.killAndRestore()
        phone.open(TEXT)
    }

    @Test
    fun memoryPressureClosesTheModelAndItComesBack() {
        val phone = Driven(listOf(NATIVE))
        phone.open(NATIVE)
        phone.type("abc")
        phone.background { Phone.application.onTrimMemory(40) }
        phone.until("opened again") { phone.session.open != null && phone.activity.findViewById<View>(R.id.summary) != null }
        phone.until("read again") { phone.text(R.id.summary).startsWith("3 bytes") }
    }
}
