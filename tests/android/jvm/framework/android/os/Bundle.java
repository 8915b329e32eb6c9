package android.os;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

public final class Bundle {
    private final Map<String, Object> values = new LinkedHashMap<>();

    /** For tests, and intents. */
    public void put(String key, Object value) {
        values.put(key, value);
    }

    public void putString(String key, String value) {
        values.put(key, value);
    }

    public String getString(String key) {
        return (String) values.get(key);
    }

    public Object get(String key) {
        return values.get(key);
    }

    public Set<String> keySet() {
        return values.keySet();
    }
}
