// The model beside a net that always takes the same number of steps: what each took and how right it
// was. Bars are drawn to one scale; the numbers stand beside them.

import { fresh, h } from "page/element";
import { onLanguage, say } from "page/words";

export class Comparison {
  // `rows` are text keys, each with how its values are written; the model's own column comes first,
  // then one for the net that always takes `fixed` steps, where there is one.
  constructor(rows, fixed, signal) {
    const title = fresh("comparison");
    const columns = fixed === null ? ["compare.adaptive"] : ["compare.adaptive", "compare.fixed"];
    this.rows = rows.map(({ key, write, bar }) => {
      const cells = columns.map(() => ({
        value: h("span", { class: "value" }, "…"),
        bar: h("span", { class: "bar", "aria-hidden": "true" }),
      }));
      return { key, write, bar, cells, values: columns.map(() => null) };
    });
    this.element = h(
      "section",
      { class: "panel comparison", "aria-labelledby": title },
      say(h("h2", { id: title }), fixed === null ? "compare.title-alone" : "compare.title"),
      h(
        "table",
        { "data-testid": "comparison" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("td", {}),
            ...columns.map((key) => say(h("th", { scope: "col" }), key, { steps: fixed })),
          ),
        ),
        h(
          "tbody",
          {},
          ...this.rows.map(({ key, bar, cells }) =>
            h(
              "tr",
              { "data-row": key },
              say(h("th", { scope: "row" }), key),
              ...cells.map((cell) => h("td", {}, cell.value, ...(bar ? [cell.bar] : []))),
            ),
          ),
        ),
      ),
    );
    onLanguage(() => this.rows.forEach((row) => this.#write(row)), signal);
  }

  // Set a value, null for none, of the row of a key.
  set(key, column, value) {
    const row = this.rows.find((each) => each.key === key);
    if (column >= row.values.length) return;
    row.values[column] = value;
    this.#write(row);
  }

  #write({ write, bar, cells, values }) {
    const most = Math.max(...values.map((each) => each ?? 0));
    for (const [at, cell] of cells.entries()) {
      cell.value.textContent = values[at] === null ? "–" : write(values[at]);
      if (bar) cell.bar.style.setProperty("--share", most > 0 ? (values[at] ?? 0) / most : 0);
    }
  }
}
