package android.util;

public final class Log {
    private Log() {}

    public static int i(String tag, String message) {
        fake.Phone.log.add(tag + ": " + message);
        return 0;
    }

    public static int e(String tag, String message) {
        return i(tag, message);
    }
}
