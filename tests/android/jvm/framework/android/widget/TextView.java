package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class TextView extends android.view.View {
    public TextView(Context context) {
        this(context, null);
    }

    public TextView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    private final java.util.List<android.text.TextWatcher> watchers = new java.util.ArrayList<>();
    private CharSequence text = "";
    private int minHeight;

    public CharSequence getText() {
        return text;
    }

    public final void setText(CharSequence value) {
        text = value;
        for (android.text.TextWatcher watcher : watchers) watcher.afterTextChanged(editable(value));
    }

    public int getMinHeight() {
        return minHeight;
    }

    public void setMinHeight(int pixels) {
        minHeight = pixels;
    }

    public void addTextChangedListener(android.text.TextWatcher watcher) {
        watchers.add(watcher);
    }

    static android.text.Editable editable(CharSequence value) {
        return new android.text.Editable() {
            @Override
            public int length() {
                return value.length();
            }

            @Override
            public char charAt(int index) {
                return value.charAt(index);
            }

            @Override
            public CharSequence subSequence(int start, int end) {
                return value.subSequence(start, end);
            }

            @Override
            public String toString() {
                return value.toString();
            }
        };
    }
}
