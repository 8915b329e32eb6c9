package android.view;

import android.content.Context;
import android.util.AttributeSet;
import android.widget.TextView;
import java.util.HashMap;
import java.util.Map;
import org.w3c.dom.Attr;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;

public abstract class LayoutInflater {
    public static LayoutInflater from(Context context) {
        return new LayoutInflater() {
            @Override
            public View inflate(int layout, ViewGroup root, boolean attachToRoot) {
                return view(context, fake.Res.root("layout", fake.Res.name("layout", layout)));
            }
        };
    }

    public abstract View inflate(int layout, ViewGroup root, boolean attachToRoot);

    private static View view(Context context, Element element) {
        String tag = element.getTagName();
        if (tag.equals("include")) {
            return view(context, fake.Res.root("layout", element.getAttribute("layout").substring("@layout/".length())));
        }
        Map<String, String> attributes = new HashMap<>();
        if (element.hasAttribute("style")) {
            fake.Res.style(element.getAttribute("style")).forEach((name, value) -> attributes.put(name.substring("android:".length()), value));
        }
        NamedNodeMap own = element.getAttributes();
        for (int i = 0; i < own.getLength(); i++) {
            Attr each = (Attr) own.item(i);
            if (fake.Res.ANDROID.equals(each.getNamespaceURI())) attributes.put(each.getLocalName(), each.getValue());
        }
        View made = make(context, tag);
        apply(made, attributes);
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element) ((ViewGroup) made).addView(view(context, (Element) node));
        }
        return made;
    }

    private static View make(Context context, String tag) {
        String name = tag.contains(".") ? tag : "android.widget." + tag;
        try {
            return (View) Class.forName(name).getConstructor(Context.class, AttributeSet.class).newInstance(context, null);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(name, error);
        }
    }

    private static void apply(View view, Map<String, String> attributes) {
        view.attributes = attributes;
        String id = attributes.get("id");
        if (id != null) view.setId(fake.Res.id("id", id.substring(id.indexOf('/') + 1)));
        if ("gone".equals(attributes.get("visibility"))) view.setVisibility(View.GONE);
        String described = attributes.get("contentDescription");
        if (described != null) view.setContentDescription(fake.Res.text(described));
        String text = attributes.get("text");
        if (text != null) ((TextView) view).setText(fake.Res.text(text));
    }
}
