package fake;

import java.io.File;
import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** The app's resources, read from their XML. */
public final class Res {
    public static final String ANDROID = "http://schemas.android.com/apk/res/android";
    private static final Map<String, Document> FILES = new HashMap<>();

    private Res() {}

    /** The name of an id of a kind, such as "layout". */
    public static String name(String kind, int id) {
        for (Class<?> each : Phone.r.getDeclaredClasses()) {
            if (!each.getSimpleName().equals(kind)) continue;
            for (Field field : each.getFields()) {
                try {
                    if (field.getInt(null) == id) return field.getName();
                } catch (IllegalAccessException error) {
                    throw new IllegalStateException(error);
                }
            }
        }
        throw new android.content.res.Resources.NotFoundException(kind + " " + Integer.toHexString(id));
    }

    public static int id(String kind, String name) {
        for (Class<?> each : Phone.r.getDeclaredClasses()) {
            if (!each.getSimpleName().equals(kind)) continue;
            try {
                return each.getField(name).getInt(null);
            } catch (ReflectiveOperationException error) {
                break;
            }
        }
        throw new android.content.res.Resources.NotFoundException(kind + "/" + name);
    }

    public static Element root(String kind, String name) {
        return file("res/" + kind + "/" + name + ".xml").getDocumentElement();
    }

    public static String string(String name) {
        String own = Phone.language.isEmpty() ? null : value("values-" + Phone.language + "/strings", name);
        String text = own != null ? own : value("values/strings", name);
        if (text == null) throw new android.content.res.Resources.NotFoundException("string/" + name);
        return text.replace("\\'", "'");
    }

    /** "@string/x" and text as it is. */
    public static String text(String value) {
        return value.startsWith("@string/") ? string(value.substring("@string/".length())) : value;
    }

    /** The items of a style and of those that it inherits. */
    public static Map<String, String> style(String reference) {
        Map<String, String> items = new HashMap<>();
        if (!reference.startsWith("@style/")) return items;
        String name = reference.substring("@style/".length());
        NodeList styles = file("res/values/styles.xml").getElementsByTagName("style");
        for (int i = 0; i < styles.getLength(); i++) {
            Element style = (Element) styles.item(i);
            if (!style.getAttribute("name").equals(name)) continue;
            if (style.hasAttribute("parent")) items.putAll(style("@style/" + style.getAttribute("parent")));
            for (Node node = style.getFirstChild(); node != null; node = node.getNextSibling()) {
                if (node instanceof Element) items.put(((Element) node).getAttribute("name"), node.getTextContent());
            }
            return items;
        }
        throw new android.content.res.Resources.NotFoundException(reference);
    }

    private static String value(String file, String name) {
        NodeList all = file("res/" + file + ".xml").getElementsByTagName("string");
        for (int i = 0; i < all.getLength(); i++) {
            Element each = (Element) all.item(i);
            if (each.getAttribute("name").equals(name)) return each.getTextContent();
        }
        return null;
    }

    private static Document file(String path) {
        return FILES.computeIfAbsent(path, key -> {
            try {
                DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
                factory.setNamespaceAware(true);
                return factory.newDocumentBuilder().parse(new File(Phone.app, key));
            } catch (Exception error) {
                throw new IllegalStateException(key, error);
            }
        });
    }
}
