package android.view.accessibility;

import android.graphics.Rect;
import android.view.View;
import java.util.ArrayList;
import java.util.List;

public class AccessibilityNodeInfo {
    public static final int FOCUS_ACCESSIBILITY = 2;
    public static final int ACTION_ACCESSIBILITY_FOCUS = 0x40;
    public static final int ACTION_CLEAR_ACCESSIBILITY_FOCUS = 0x80;
    private boolean isFocusable;
    private boolean isAccessibilityFocused;
    private final List<AccessibilityAction> actions = new ArrayList<>();
    private final List<Integer> children = new ArrayList<>();
    private CharSequence description;
    private CollectionInfo collection;
    private CollectionItemInfo item;
    private Rect bounds;

    public static final class AccessibilityAction {
        public static final AccessibilityAction ACTION_ACCESSIBILITY_FOCUS =
            new AccessibilityAction(AccessibilityNodeInfo.ACTION_ACCESSIBILITY_FOCUS, null);
        public static final AccessibilityAction ACTION_CLEAR_ACCESSIBILITY_FOCUS =
            new AccessibilityAction(AccessibilityNodeInfo.ACTION_CLEAR_ACCESSIBILITY_FOCUS, null);
        private final int id;
        private final CharSequence label;

        public AccessibilityAction(int id, CharSequence label) {
            this.id = id;
            this.label = label;
        }

        public int getId() {
            return id;
        }

        public CharSequence getLabel() {
            return label;
        }
    }

    public static final class CollectionInfo {
        private final int rows;
        private final int columns;

        private CollectionInfo(int rows, int columns) {
            this.rows = rows;
            this.columns = columns;
        }

        public static CollectionInfo obtain(int rows, int columns, boolean hierarchical) {
            return new CollectionInfo(rows, columns);
        }

        public int getRowCount() {
            return rows;
        }

        public int getColumnCount() {
            return columns;
        }
    }

    public static final class CollectionItemInfo {
        private final int row;
        private final int column;

        private CollectionItemInfo(int row, int column) {
            this.row = row;
            this.column = column;
        }

        public static CollectionItemInfo obtain(int row, int rowSpan, int column, int columnSpan, boolean heading) {
            return new CollectionItemInfo(row, column);
        }

        public int getRowIndex() {
            return row;
        }

        public int getColumnIndex() {
            return column;
        }
    }

    public static AccessibilityNodeInfo obtain(View source) {
        return new AccessibilityNodeInfo();
    }

    public static AccessibilityNodeInfo obtain(View root, int virtualDescendantId) {
        return new AccessibilityNodeInfo();
    }

    public void addChild(View root, int virtualDescendantId) {
        children.add(virtualDescendantId);
    }

    public int getChildCount() {
        return children.size();
    }

    public void addAction(AccessibilityAction action) {
        actions.add(action);
    }

    public List<AccessibilityAction> getActionList() {
        return actions;
    }

    public CharSequence getContentDescription() {
        return description;
    }

    public void setContentDescription(CharSequence value) {
        description = value;
    }

    public CollectionInfo getCollectionInfo() {
        return collection;
    }

    public void setCollectionInfo(CollectionInfo value) {
        collection = value;
    }

    public CollectionItemInfo getCollectionItemInfo() {
        return item;
    }

    public void setCollectionItemInfo(CollectionItemInfo value) {
        item = value;
    }

    public boolean isFocusable() {
        return isFocusable;
    }

    public void setFocusable(boolean value) {
        isFocusable = value;
    }

    public boolean isAccessibilityFocused() {
        return isAccessibilityFocused;
    }

    public void setAccessibilityFocused(boolean value) {
        isAccessibilityFocused = value;
    }

    public void getBoundsInScreen(Rect into) {
        into.set(bounds.left, bounds.top, bounds.right, bounds.bottom);
    }

    public void setBoundsInScreen(Rect value) {
        bounds = value;
    }

    public void setPackageName(CharSequence value) {}

    public CharSequence getPackageName() {
        return null;
    }

    public void setClassName(CharSequence value) {}

    public CharSequence getClassName() {
        return null;
    }

    public void setParent(View value) {}

    public void setEnabled(boolean value) {}

    public boolean isEnabled() {
        return true;
    }

    public void setVisibleToUser(boolean value) {}

    public boolean isVisibleToUser() {
        return true;
    }
}
