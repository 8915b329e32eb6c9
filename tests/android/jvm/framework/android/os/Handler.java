package android.os;

public class Handler {
    public Handler(Looper looper) {}

    public final boolean post(Runnable task) {
        fake.Phone.post(this, task);
        return true;
    }

    public final boolean postDelayed(Runnable task, long milliseconds) {
        return post(task);
    }

    public final void removeCallbacksAndMessages(Object token) {
        fake.Phone.removeTasks(this);
    }
}
