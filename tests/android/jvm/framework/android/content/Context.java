package android.content;

import android.content.pm.ApplicationInfo;
import android.content.pm.PackageManager;
import android.content.res.AssetManager;
import android.content.res.Resources;
import java.io.File;

public abstract class Context {
    public static final String ACCESSIBILITY_SERVICE = "accessibility";

    public File getFilesDir() {
        return folder("files");
    }

    public File getCacheDir() {
        return folder("cache");
    }

    public File getExternalFilesDir(String type) {
        return folder("external/" + type);
    }

    public AssetManager getAssets() {
        return new AssetManager();
    }

    public Resources getResources() {
        return new Resources();
    }

    public final String getString(int id) {
        return fake.Res.string(fake.Res.name("string", id));
    }

    public final String getString(int id, Object... arguments) {
        return String.format(java.util.Locale.forLanguageTag(fake.Phone.language), getString(id), arguments);
    }

    public String getPackageName() {
        return "io.actmobile.demo";
    }

    public PackageManager getPackageManager() {
        return new PackageManager();
    }

    public ApplicationInfo getApplicationInfo() {
        ApplicationInfo info = new ApplicationInfo();
        info.flags = fake.Phone.isDebug ? ApplicationInfo.FLAG_DEBUGGABLE : 0;
        return info;
    }

    public Object getSystemService(String name) {
        if (name.equals(ACCESSIBILITY_SERVICE)) return new android.view.accessibility.AccessibilityManager();
        throw new IllegalArgumentException(name);
    }

    public ContentResolver getContentResolver() {
        return new ContentResolver();
    }

    public void startActivity(Intent intent) {
        fake.Phone.started.add(intent);
    }

    private File folder(String name) {
        File folder = new File(fake.Phone.home, name);
        folder.mkdirs();
        return folder;
    }
}
