package android.content.res;

import android.util.DisplayMetrics;

public class Resources {
    public static class NotFoundException extends RuntimeException {
        public NotFoundException(String name) {
            super(name);
        }
    }

    public Configuration getConfiguration() {
        Configuration made = new Configuration();
        made.uiMode = fake.Phone.isNight ? Configuration.UI_MODE_NIGHT_YES : Configuration.UI_MODE_NIGHT_NO;
        return made;
    }

    public DisplayMetrics getDisplayMetrics() {
        DisplayMetrics made = new DisplayMetrics();
        made.density = fake.Phone.density;
        made.scaledDensity = fake.Phone.density * fake.Phone.fontScale;
        return made;
    }
}
