package android.view;

public interface ViewParent {
    void requestDisallowInterceptTouchEvent(boolean disallow);

    boolean requestSendAccessibilityEvent(View child, android.view.accessibility.AccessibilityEvent event);
}
