package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class CompoundButton extends Button {
    public CompoundButton(Context context) {
        this(context, null);
    }

    public CompoundButton(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
