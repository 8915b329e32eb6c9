package android.graphics;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;

public class Canvas {
    private final Graphics2D graphics;

    /** For tests: draws into an image. */
    public Canvas(BufferedImage image) {
        graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    }

    public void drawRect(float left, float top, float right, float bottom, Paint paint) {
        with(paint).fill(new Rectangle2D.Float(left, top, right - left, bottom - top));
    }

    public void drawLine(float fromX, float fromY, float toX, float toY, Paint paint) {
        with(paint).setStroke(new BasicStroke(paint.getStrokeWidth(), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.draw(new Line2D.Float(fromX, fromY, toX, toY));
    }

    public void drawCircle(float x, float y, float radius, Paint paint) {
        with(paint).fill(new Ellipse2D.Float(x - radius, y - radius, 2 * radius, 2 * radius));
    }

    public void drawPath(Path path, Paint paint) {
        with(paint).fill(path.shape);
    }

    public void drawText(String text, float x, float y, Paint paint) {
        float width = paint.measureText(text);
        float left = paint.getTextAlign() == Paint.Align.CENTER ? x - width / 2 : paint.getTextAlign() == Paint.Align.RIGHT ? x - width : x;
        with(paint).setFont(paint.font());
        graphics.drawString(text, left, y);
    }

    private Graphics2D with(Paint paint) {
        graphics.setColor(new Color(paint.getColor(), true));
        return graphics;
    }
}
