package android.app;

public class Application extends android.content.ContextWrapper implements android.content.ComponentCallbacks2 {
    public void onCreate() {}

    public void onLowMemory() {}

    public void onTrimMemory(int level) {}
}
