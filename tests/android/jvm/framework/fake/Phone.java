package fake;

import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The phone: what a test decides about it, and sees of what the app did with it. */
public final class Phone {
    /** The app's src/main, for layouts, values and assets. */
    public static File app;
    /** Where the app keeps its files. */
    public static File home;
    /** Its R class. */
    public static Class<?> r;
    public static android.app.Application application;
    public static boolean isNight;
    public static boolean isDebug;
    public static String language = "";
    public static float density = 2f;
    public static float fontScale = 1f;
    public static final List<android.content.Intent> started = new ArrayList<>();
    /** Contents of files that can be opened by their URI. */
    public static final Map<String, byte[]> documents = new HashMap<>();
    /** What an app that keeps documents throws; null if it answers. */
    public static volatile RuntimeException refusal;
    /** Does something before an asset is read, on the thread that reads it. */
    public static volatile AssetReading whenAssetIsRead = () -> {};
    /** When the app was installed. */
    public static long installed;
    public static final List<String> log = new ArrayList<>();
    /** Someone listens to what the app tells those who do not see it, and explores by touch. */
    public static boolean isTalkBackOn;
    /** Told of each event that the app sends to it. */
    public static final List<java.util.function.Consumer<android.view.accessibility.AccessibilityEvent>> listeners = new ArrayList<>();

    private static final LinkedBlockingQueue<Task> tasks = new LinkedBlockingQueue<>();

    /** See {@link #whenAssetIsRead}. */
    public interface AssetReading {
        void read() throws java.io.IOException;
    }

    private static final class Task {
        final Object owner;
        final Runnable body;

        Task(Object owner, Runnable body) {
            this.owner = owner;
            this.body = body;
        }
    }

    private Phone() {}

    public static void post(Object owner, Runnable body) {
        tasks.add(new Task(owner, body));
    }

    public static void removeTasks(Object owner) {
        tasks.removeIf(task -> task.owner == owner);
    }

    /** The process has ended. */
    public static void removeAllTasks() {
        tasks.clear();
    }

    /** Run what was posted to the UI thread, waiting so long for the first of it; false if there was nothing. */
    public static boolean runTask(long milliseconds) {
        try {
            Task task = tasks.poll(milliseconds, TimeUnit.MILLISECONDS);
            if (task == null) return false;
            task.body.run();
            return true;
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }
}
