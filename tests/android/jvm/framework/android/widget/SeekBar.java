package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class SeekBar extends AbsSeekBar {
    public SeekBar(Context context) {
        this(context, null);
    }

    public SeekBar(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    private OnSeekBarChangeListener listener;

    public interface OnSeekBarChangeListener {
        void onProgressChanged(SeekBar seekBar, int progress, boolean fromUser);

        void onStartTrackingTouch(SeekBar seekBar);

        void onStopTrackingTouch(SeekBar seekBar);
    }

    public void setOnSeekBarChangeListener(OnSeekBarChangeListener value) {
        listener = value;
    }

    /** For tests: a user moves it. */
    public void slide(int value) {
        setProgress(value);
        if (listener != null) listener.onProgressChanged(this, getProgress(), true);
    }
}
