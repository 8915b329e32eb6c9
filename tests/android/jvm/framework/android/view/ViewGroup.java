package android.view;

import android.content.Context;
import android.util.AttributeSet;
import android.view.accessibility.AccessibilityEvent;
import android.view.accessibility.AccessibilityManager;
import java.util.ArrayList;
import java.util.List;

public abstract class ViewGroup extends View implements ViewParent {
    private final List<View> children = new ArrayList<>();

    public ViewGroup(Context context) {
        this(context, null);
    }

    public ViewGroup(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public void addView(View child) {
        if (child.parent != null) throw new IllegalStateException("the view has a parent");
        child.parent = this;
        children.add(child);
    }

    public void removeAllViews() {
        for (View child : children) child.parent = null;
        children.clear();
    }

    public int getChildCount() {
        return children.size();
    }

    public View getChildAt(int index) {
        return children.get(index);
    }

    @Override
    View find(int wanted) {
        if (wanted == getId()) return this;
        for (View child : children) {
            View found = child.find(wanted);
            if (found != null) return found;
        }
        return null;
    }

    @Override
    public void requestDisallowInterceptTouchEvent(boolean disallow) {}

    @Override
    public boolean requestSendAccessibilityEvent(View child, AccessibilityEvent event) {
        if (parent != null) return parent.requestSendAccessibilityEvent(this, event);
        new AccessibilityManager().sendAccessibilityEvent(event);
        return true;
    }
}
