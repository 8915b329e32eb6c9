package android.content;

import android.database.Cursor;
import android.net.Uri;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

public class ContentResolver {
    public final InputStream openInputStream(Uri uri) throws FileNotFoundException {
        byte[] bytes = fake.Phone.documents.get(uri.toString());
        if (bytes == null) throw new FileNotFoundException(uri.toString());
        return new ByteArrayInputStream(bytes);
    }

    /** A document's name; of a tree's children, ids, which are their names, and names. */
    public final Cursor query(Uri uri, String[] columns, String selection, String[] arguments, String order) {
        if (fake.Phone.refusal != null) throw fake.Phone.refusal;
        String prefix = uri + "/";
        List<String> names = new ArrayList<>();
        for (String document : fake.Phone.documents.keySet()) {
            if (document.startsWith(prefix)) names.add(document.substring(prefix.length()));
        }
        if (names.isEmpty()) names.add(uri.getLastPathSegment());
        return new Cursor() {
            private int at = -1;

            public boolean moveToFirst() {
                at = 0;
                return true;
            }

            public boolean moveToNext() {
                return ++at < names.size();
            }

            public String getString(int column) {
                return names.get(at);
            }

            public void close() {}
        };
    }
}
