package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class ScrollView extends FrameLayout {
    public ScrollView(Context context) {
        this(context, null);
    }

    public ScrollView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
