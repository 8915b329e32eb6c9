package android.content.pm;

public class PackageManager {
    public static class NameNotFoundException extends Exception {}

    public PackageInfo getPackageInfo(String name, int flags) throws NameNotFoundException {
        PackageInfo info = new PackageInfo();
        info.lastUpdateTime = fake.Phone.installed;
        return info;
    }
}
