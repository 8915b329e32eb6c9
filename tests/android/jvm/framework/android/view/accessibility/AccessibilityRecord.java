package android.view.accessibility;

import android.view.View;

public class AccessibilityRecord {
    private View source;
    private int virtual = View.NO_ID;
    private CharSequence description;

    AccessibilityRecord() {}

    public void setSource(View value) {
        setSource(value, View.NO_ID);
    }

    public void setSource(View root, int virtualDescendantId) {
        source = root;
        virtual = virtualDescendantId;
    }

    /** For tests: the view that it is about. */
    public View source() {
        return source;
    }

    /** For tests: the part of the view. */
    public int part() {
        return virtual;
    }

    public CharSequence getContentDescription() {
        return description;
    }

    public void setContentDescription(CharSequence value) {
        description = value;
    }

    public void setClassName(CharSequence value) {}

    public CharSequence getClassName() {
        return null;
    }

    public void setEnabled(boolean value) {}

    public boolean isEnabled() {
        return true;
    }
}
