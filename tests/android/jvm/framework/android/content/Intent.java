package android.content;

import android.net.Uri;
import android.os.Bundle;

public class Intent {
    public static final String ACTION_SEND = "android.intent.action.SEND";
    public static final String ACTION_OPEN_DOCUMENT = "android.intent.action.OPEN_DOCUMENT";
    public static final String ACTION_OPEN_DOCUMENT_TREE = "android.intent.action.OPEN_DOCUMENT_TREE";
    public static final String CATEGORY_OPENABLE = "android.intent.category.OPENABLE";
    public static final String EXTRA_TEXT = "android.intent.extra.TEXT";
    public static final String EXTRA_ALLOW_MULTIPLE = "android.intent.extra.ALLOW_MULTIPLE";
    private static final String EXTRA_INTENT = "android.intent.extra.INTENT";
    private final Bundle extras = new Bundle();
    private final String action;
    private ClipData clip;
    private String type;
    private Uri data;

    public Intent() {
        this(null);
    }

    public Intent(String action) {
        this.action = action;
    }

    public static Intent createChooser(Intent target, CharSequence title) {
        Intent chooser = new Intent("android.intent.action.CHOOSER");
        chooser.extras.put(EXTRA_INTENT, target);
        return chooser;
    }

    /** For tests. */
    public Intent chosen() {
        return (Intent) extras.get(EXTRA_INTENT);
    }

    public String getAction() {
        return action;
    }

    public String getType() {
        return type;
    }

    public Intent setType(String value) {
        type = value;
        return this;
    }

    public Intent addCategory(String category) {
        return this;
    }

    public Intent putExtra(String name, String value) {
        extras.put(name, value);
        return this;
    }

    public Intent putExtra(String name, boolean value) {
        extras.put(name, value);
        return this;
    }

    public Intent putExtra(String name, int value) {
        extras.put(name, value);
        return this;
    }

    public Bundle getExtras() {
        return extras;
    }

    public Uri getData() {
        return data;
    }

    public Intent setData(Uri value) {
        data = value;
        return this;
    }

    public ClipData getClipData() {
        return clip;
    }

    public void setClipData(ClipData value) {
        clip = value;
    }
}
