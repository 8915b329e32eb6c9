// N of every maze that was asked, against the length of its way.

import { fresh, h, svg } from "page/element";
import { number, onLanguage, say, text } from "page/words";

const WIDTH = 560; // where the page does not say how wide it is
const HEIGHT = 260;
const LEFT = 44;
const BOTTOM = 40;
const TOP = 14;
const RIGHT = 14;
const GROUPS = 3;

export class LengthChart {
  constructor(loaded, signal) {
    this.most = loaded.maxPonder;
    this.fixed = loaded.baseline?.maxPonder ?? null;
    this.points = [];
    const title = fresh("chart");
    this.width = WIDTH;
    this.picture = svg("svg", { height: HEIGHT, role: "img", class: "chart" });
    this.summary = h("p", { class: "fine", "data-testid": "chart-summary" });
    this.button = say(h("button", { type: "button", class: "button", "data-testid": "try-many" }), "chart.try");
    this.element = h(
      "section",
      { class: "panel length", "aria-labelledby": title },
      h("div", { class: "panel-head" }, say(h("h2", { id: title }), "chart.title"), this.button),
      this.picture,
      this.summary,
    );
    onLanguage(() => this.draw(), signal);
    // As many units as pixels: letters keep their size.
    const observer = new ResizeObserver(([{ contentRect }]) => {
      this.width = Math.max(200, contentRect.width);
      this.draw();
    });
    observer.observe(this.picture);
    signal.addEventListener("abort", () => observer.disconnect());
    this.draw();
  }

  // Add a maze; the last is drawn as the present one.
  add(length, steps, draws = true) {
    this.points.push({ length, steps });
    if (draws) this.draw();
  }

  draw() {
    const { width } = this;
    this.picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const longest = Math.max(10, ...this.points.map((each) => each.length));
    const most = Math.max(4, this.fixed ?? 0, ...this.points.map((each) => each.steps));
    const x = (length) => LEFT + ((width - LEFT - RIGHT) * length) / longest;
    const y = (steps) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * steps) / most;
    const label = (at, line, attributes) => svg("text", { ...at, ...attributes }, line);
    const parts = [];
    for (const steps of ticks(most)) {
      parts.push(svg("path", { class: "rule", d: `M${LEFT} ${y(steps)}H${width - RIGHT}` }));
      parts.push(label({ x: LEFT - 8, y: y(steps) + 4 }, number(steps), { "text-anchor": "end" }));
    }
    for (const length of ticks(longest)) {
      parts.push(label({ x: x(length), y: HEIGHT - BOTTOM + 18 }, number(length), { "text-anchor": "middle" }));
    }
    parts.push(label({ x: (LEFT + width - RIGHT) / 2, y: HEIGHT - 4 }, text("chart.length"), { "text-anchor": "middle", class: "axis" }));
    if (this.fixed !== null) {
      parts.push(svg("path", { class: "fixed-line", d: `M${LEFT} ${y(this.fixed)}H${width - RIGHT}` }));
      parts.push(label({ x: width - RIGHT, y: y(this.fixed) - 6 }, text("chart.fixed", { steps: this.fixed }), { "text-anchor": "end", class: "axis" }));
    }
    for (const [at, { length, steps }] of this.points.entries()) {
      const now = at === this.points.length - 1;
      parts.push(svg("circle", { class: now ? "now" : "dot", cx: x(length), cy: y(steps), r: now ? 6 : 4 }));
    }
    this.picture.replaceChildren(...parts);
    const words = this.#words();
    this.summary.textContent = words;
    this.picture.setAttribute("aria-label", `${text("chart.title")}. ${words}`);
  }

  // The mean N of short, middling and long ways.
  #words() {
    const points = [...this.points].sort((one, other) => one.length - other.length);
    if (points.length < 2 * GROUPS) return text("chart.few", { count: points.length });
    const size = Math.ceil(points.length / GROUPS);
    const parts = Array.from({ length: GROUPS }, (_, at) => {
      const group = points.slice(at * size, (at + 1) * size);
      const mean = group.reduce((all, each) => all + each.steps, 0) / group.length;
      return text("chart.group", { from: group[0].length, to: group.at(-1).length, mean });
    });
    return `${text("chart.many", { count: points.length })} ${parts.join("; ")}.`;
  }
}

// Round numbers from 0 to `most`, five or so.
function ticks(most) {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((each) => each * power >= rough) * power);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step);
}
