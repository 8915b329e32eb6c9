package android.app;

import android.content.Intent;
import android.os.Bundle;
import android.view.LayoutInflater;
import android.view.View;
import android.view.ViewGroup;
import android.view.Window;
import android.widget.FrameLayout;

public class Activity extends android.view.ContextThemeWrapper {
    public static final int RESULT_OK = -1;
    private final ViewGroup content = new FrameLayout(this);
    private final Window window = new Window() {};
    private Intent intent = new Intent();

    protected void onCreate(Bundle savedInstanceState) {}

    protected void onStart() {}

    protected void onStop() {}

    protected void onDestroy() {}

    protected void onSaveInstanceState(Bundle outState) {}

    protected void onActivityResult(int requestCode, int resultCode, Intent data) {}

    public void setContentView(int layout) {
        content.removeAllViews();
        content.addView(LayoutInflater.from(this).inflate(layout, content, false));
    }

    public <T extends View> T findViewById(int id) {
        return content.findViewById(id);
    }

    public final Application getApplication() {
        return fake.Phone.application;
    }

    public Intent getIntent() {
        return intent;
    }

    public void setIntent(Intent newIntent) {
        intent = newIntent;
    }

    public Window getWindow() {
        return window;
    }

    public void startActivity(Intent started) {
        fake.Phone.started.add(started);
    }

    public void startActivityForResult(Intent started, int requestCode) {
        fake.Phone.started.add(started);
    }
}
