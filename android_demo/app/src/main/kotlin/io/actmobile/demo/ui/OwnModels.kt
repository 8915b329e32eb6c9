package io.actmobile.demo.ui

import android.content.ContentResolver
import android.content.Intent
import android.database.Cursor
import android.net.Uri
import android.provider.DocumentsContract
import android.provider.OpenableColumns
import io.actmobile.demo.run.Models
import io.actmobile.kit.Refused
import java.io.IOException

/** Models of one's own, from the device's storage: their files, or the folder that holds them. */
object OwnModels {
    /** Files of a folder that are looked at. */
    private const val MOST_FILES = 10_000

    /** Asks for the files of a model. */
    fun chooseFiles(): Intent {
        val choose = Intent(Intent.ACTION_OPEN_DOCUMENT)
        choose.addCategory(Intent.CATEGORY_OPENABLE)
        choose.type = "*/*"
        return choose.putExtra(Intent.EXTRA_ALLOW_MULTIPLE, true)
    }

    /** Asks for the folder of a model. */
    fun chooseFolder() = Intent(Intent.ACTION_OPEN_DOCUMENT_TREE)

    /**
     * List what was chosen; off the UI thread.
     *
     * @throws Refused the storage does not answer.
     */
    fun files(resolver: ContentResolver, chosen: Intent): List<Models.Given> = answered {
        val clip = chosen.clipData
        val uris = if (clip == null) listOfNotNull(chosen.data) else (0 until clip.itemCount).map { clip.getItemAt(it).uri }
        uris.map { given(resolver, it, name(resolver, it)) }
    }

    /** List the files of the folder that was chosen, not those of folders in it; as [files]. */
    fun folder(resolver: ContentResolver, tree: Uri): List<Models.Given> = answered {
        val children = DocumentsContract.buildChildDocumentsUriUsingTree(tree, DocumentsContract.getTreeDocumentId(tree))
        val columns = arrayOf(DocumentsContract.Document.COLUMN_DOCUMENT_ID, DocumentsContract.Document.COLUMN_DISPLAY_NAME)
        val found = ArrayList<Models.Given>()
        query(resolver, children, columns)?.use { cursor ->
            while (cursor.moveToNext() && found.size < MOST_FILES) {
                val id = cursor.getString(0) ?: continue
                found += given(resolver, DocumentsContract.buildDocumentUriUsingTree(tree, id), cursor.getString(1) ?: "")
            }
        }
        found
    }

    private fun given(resolver: ContentResolver, uri: Uri, name: String) =
        Models.Given(name) { answered { resolver.openInputStream(uri) ?: throw IOException("$name: cannot be read") } }

    private fun name(resolver: ContentResolver, uri: Uri): String {
        val named = query(resolver, uri, arrayOf(OpenableColumns.DISPLAY_NAME))
        return named?.use { if (it.moveToFirst()) it.getString(0) else null } ?: uri.lastPathSegment ?: ""
    }

    private fun query(resolver: ContentResolver, uri: Uri, columns: Array<String>): Cursor? = resolver.query(uri, columns, null, null, null)

    /** Other apps keep the documents: what they throw is their refusal. */
    private fun <T> answered(ask: () -> T): T = try {
        ask()
    } catch (error: SecurityException) {
        throw Refused("the storage refuses: ${error.message}")
    } catch (error: IllegalArgumentException) {
        throw Refused("the storage refuses: ${error.message}")
    } catch (error: UnsupportedOperationException) {
        throw Refused("the storage refuses: ${error.message}")
    }
}
