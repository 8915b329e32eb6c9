package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class LinearLayout extends android.view.ViewGroup {
    public LinearLayout(Context context) {
        this(context, null);
    }

    public LinearLayout(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
