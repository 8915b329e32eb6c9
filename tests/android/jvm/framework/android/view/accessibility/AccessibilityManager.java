package android.view.accessibility;

import java.util.ArrayList;

public final class AccessibilityManager {
    public boolean isEnabled() {
        return fake.Phone.isTalkBackOn;
    }

    public boolean isTouchExplorationEnabled() {
        return fake.Phone.isTalkBackOn;
    }

    public void sendAccessibilityEvent(AccessibilityEvent event) {
        // As Android does.
        if (!isEnabled()) throw new IllegalStateException("Accessibility off. Did you forget to check that?");
        new ArrayList<>(fake.Phone.listeners).forEach(listener -> listener.accept(event));
    }
}
