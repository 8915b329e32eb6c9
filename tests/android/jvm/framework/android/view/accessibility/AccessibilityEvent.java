package android.view.accessibility;

public final class AccessibilityEvent extends AccessibilityRecord {
    public static final int TYPE_VIEW_HOVER_ENTER = 0x80;
    public static final int TYPE_VIEW_HOVER_EXIT = 0x100;
    public static final int TYPE_WINDOW_CONTENT_CHANGED = 0x800;
    public static final int TYPE_VIEW_ACCESSIBILITY_FOCUSED = 0x8000;
    public static final int TYPE_VIEW_ACCESSIBILITY_FOCUS_CLEARED = 0x10000;
    public static final int CONTENT_CHANGE_TYPE_SUBTREE = 1;
    public static final int CONTENT_CHANGE_TYPE_CONTENT_DESCRIPTION = 4;
    private final int type;
    private int changes;

    private AccessibilityEvent(int type) {
        this.type = type;
    }

    public static AccessibilityEvent obtain(int eventType) {
        return new AccessibilityEvent(eventType);
    }

    public int getEventType() {
        return type;
    }

    public int getContentChangeTypes() {
        return changes;
    }

    public void setContentChangeTypes(int changeTypes) {
        changes = changeTypes;
    }

    public void setPackageName(CharSequence value) {}

    public CharSequence getPackageName() {
        return null;
    }
}
