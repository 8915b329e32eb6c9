package android.provider;

import android.net.Uri;

/** A tree's children lie below its own address. */
public final class DocumentsContract {
    private DocumentsContract() {}

    public static final class Document {
        public static final String COLUMN_DOCUMENT_ID = "document_id";
        public static final String COLUMN_DISPLAY_NAME = "_display_name";

        private Document() {}
    }

    public static String getTreeDocumentId(Uri tree) {
        return tree.getLastPathSegment();
    }

    public static Uri buildChildDocumentsUriUsingTree(Uri tree, String parent) {
        return tree;
    }

    public static Uri buildDocumentUriUsingTree(Uri tree, String document) {
        return Uri.parse(tree + "/" + document);
    }
}
