package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class EditText extends TextView {
    public EditText(Context context) {
        this(context, null);
    }

    public EditText(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    @Override
    public android.text.Editable getText() {
        return editable(super.getText());
    }
}
