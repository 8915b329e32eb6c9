package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class FrameLayout extends android.view.ViewGroup {
    public FrameLayout(Context context) {
        this(context, null);
    }

    public FrameLayout(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
