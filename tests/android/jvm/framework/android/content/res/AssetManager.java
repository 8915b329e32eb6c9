package android.content.res;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

public final class AssetManager {
    public String[] list(String path) throws IOException {
        String[] names = file(path).list();
        return names == null ? new String[0] : names;
    }

    public InputStream open(String path) throws IOException {
        fake.Phone.whenAssetIsRead.read();
        return new FileInputStream(file(path));
    }

    private File file(String path) {
        return new File(new File(fake.Phone.home, "assets"), path);
    }
}
