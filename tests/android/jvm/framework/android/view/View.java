package android.view;

import android.content.Context;
import android.graphics.Canvas;
import android.os.Bundle;
import android.util.AttributeSet;
import android.view.accessibility.AccessibilityEvent;
import android.view.accessibility.AccessibilityNodeInfo;
import android.view.accessibility.AccessibilityNodeProvider;

public class View {
    public static final int NO_ID = -1;
    public static final int VISIBLE = 0;
    public static final int GONE = 8;
    private final Context context;
    private int id = NO_ID;
    private int visibility = VISIBLE;
    private int width;
    private int height;
    private boolean isEnabled = true;
    private boolean isSelected;
    /** It has the focus of those who do not see it. */
    private boolean isRead;
    private CharSequence description;
    private OnClickListener clicked;
    private AccessibilityDelegate delegate;
    ViewParent parent;
    /** The attributes of the layout and its styles, for tests that draw. */
    public java.util.Map<String, String> attributes = java.util.Collections.emptyMap();

    public interface OnClickListener {
        void onClick(View view);
    }

    public static class AccessibilityDelegate {
        public AccessibilityNodeProvider getAccessibilityNodeProvider(View host) {
            return null;
        }

        public boolean performAccessibilityAction(View host, int action, Bundle arguments) {
            return host.performOwnAction(action);
        }
    }

    public static class MeasureSpec {
        public static int getSize(int spec) {
            return spec;
        }
    }

    public View(Context context) {
        this(context, null);
    }

    public View(Context context, AttributeSet attributes) {
        this.context = context;
    }

    public final Context getContext() {
        return context;
    }

    public <T extends View> T findViewById(int wanted) {
        @SuppressWarnings("unchecked")
        T found = (T) find(wanted);
        return found;
    }

    View find(int wanted) {
        return wanted == id ? this : null;
    }

    public int getId() {
        return id;
    }

    public void setId(int value) {
        id = value;
    }

    public int getVisibility() {
        return visibility;
    }

    public void setVisibility(int value) {
        visibility = value;
    }

    public boolean isEnabled() {
        return isEnabled;
    }

    public void setEnabled(boolean value) {
        isEnabled = value;
    }

    public boolean isSelected() {
        return isSelected;
    }

    public void setSelected(boolean value) {
        isSelected = value;
    }

    public CharSequence getContentDescription() {
        return description;
    }

    public void setContentDescription(CharSequence value) {
        description = value;
    }

    public void setOnClickListener(OnClickListener listener) {
        clicked = listener;
    }

    public boolean performClick() {
        if (clicked == null) return false;
        clicked.onClick(this);
        return true;
    }

    public final ViewParent getParent() {
        return parent;
    }

    public final int getWidth() {
        return width;
    }

    public final int getHeight() {
        return height;
    }

    public void getLocationOnScreen(int[] place) {
        place[0] = 0;
        place[1] = 0;
    }

    public void invalidate() {}

    public void requestLayout() {}

    public final void measure(int widthSpec, int heightSpec) {
        onMeasure(widthSpec, heightSpec);
    }

    protected void onMeasure(int widthMeasureSpec, int heightMeasureSpec) {}

    protected final void setMeasuredDimension(int measuredWidth, int measuredHeight) {
        width = measuredWidth;
        height = measuredHeight;
    }

    protected void onDraw(Canvas canvas) {}

    public void draw(Canvas canvas) {
        onDraw(canvas);
    }

    public boolean onTouchEvent(MotionEvent event) {
        return false;
    }

    public AccessibilityDelegate getAccessibilityDelegate() {
        return delegate;
    }

    public void setAccessibilityDelegate(AccessibilityDelegate value) {
        delegate = value;
    }

    public void onInitializeAccessibilityNodeInfo(AccessibilityNodeInfo info) {}

    public boolean performAccessibilityAction(int action, Bundle arguments) {
        return delegate == null ? performOwnAction(action) : delegate.performAccessibilityAction(this, action, arguments);
    }

    private boolean performOwnAction(int action) {
        boolean focuses = action == AccessibilityNodeInfo.ACTION_ACCESSIBILITY_FOCUS;
        if (!focuses && action != AccessibilityNodeInfo.ACTION_CLEAR_ACCESSIBILITY_FOCUS) return false;
        if (isRead == focuses) return false;
        isRead = focuses;
        AccessibilityEvent event = AccessibilityEvent.obtain(
            focuses ? AccessibilityEvent.TYPE_VIEW_ACCESSIBILITY_FOCUSED : AccessibilityEvent.TYPE_VIEW_ACCESSIBILITY_FOCUS_CLEARED);
        event.setSource(this);
        return parent.requestSendAccessibilityEvent(this, event);
    }

    protected boolean dispatchHoverEvent(MotionEvent event) {
        return false;
    }
}
