package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class ProgressBar extends android.view.View {
    public ProgressBar(Context context) {
        this(context, null);
    }

    public ProgressBar(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    private int max = 100;
    private int progress;

    public int getMax() {
        return max;
    }

    public void setMax(int value) {
        max = value;
    }

    public int getProgress() {
        return progress;
    }

    public void setProgress(int value) {
        progress = Math.max(0, Math.min(value, max));
    }
}
