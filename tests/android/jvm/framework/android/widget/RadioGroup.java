package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class RadioGroup extends LinearLayout {
    public RadioGroup(Context context) {
        this(context, null);
    }

    public RadioGroup(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    private OnCheckedChangeListener listener;
    private int checked = NO_ID;

    public interface OnCheckedChangeListener {
        void onCheckedChanged(RadioGroup group, int checkedId);
    }

    public void setOnCheckedChangeListener(OnCheckedChangeListener value) {
        listener = value;
    }

    public int getCheckedRadioButtonId() {
        return checked;
    }

    public void check(int id) {
        if (id == checked) return;
        checked = id;
        if (listener != null) listener.onCheckedChanged(this, id);
    }

    @Override
    public void removeAllViews() {
        super.removeAllViews();
        checked = NO_ID;
    }
}
