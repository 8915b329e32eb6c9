package android.graphics;

import java.awt.Font;
import java.awt.font.FontRenderContext;

public class Paint {
    public static final int ANTI_ALIAS_FLAG = 1;
    private static final FontRenderContext MEASURING = new FontRenderContext(null, true, true);
    private int color;
    private float strokeWidth;
    private float textSize = 12;
    private Align textAlign = Align.LEFT;
    private Cap strokeCap = Cap.BUTT;

    public enum Align { CENTER, LEFT, RIGHT }

    public enum Cap { BUTT, ROUND, SQUARE }

    public Paint(int flags) {}

    public int getColor() {
        return color;
    }

    public void setColor(int value) {
        color = value;
    }

    public float getStrokeWidth() {
        return strokeWidth;
    }

    public void setStrokeWidth(float value) {
        strokeWidth = value;
    }

    public Cap getStrokeCap() {
        return strokeCap;
    }

    public void setStrokeCap(Cap value) {
        strokeCap = value;
    }

    public float getTextSize() {
        return textSize;
    }

    public void setTextSize(float value) {
        textSize = value;
    }

    public Align getTextAlign() {
        return textAlign;
    }

    public void setTextAlign(Align value) {
        textAlign = value;
    }

    public float measureText(String text) {
        return (float) font().getStringBounds(text, MEASURING).getWidth();
    }

    Font font() {
        return new Font(Font.SANS_SERIF, Font.PLAIN, 1).deriveFont(textSize);
    }
}
