// N of every maze that was asked, against the length of its way.

import { fresh, h, svg } from "page/element";
import { number, onLanguage, say, text } from "page/words";

const WIDTH = 560; // where the page does not say how wide it is
// In heights of a letter, so that they grow with the text:
const TALL = 20;
const LEFT = 3;
const BOTTOM = 3.2;
const TOP = 1;
const RIGHT = 1;
const GROUPS = 3;

export class LengthChart {
  constructor(loaded, signal) {
    this.most = loaded.maxPonder;
    this.fixed = loaded.baseline?.maxPonder ?? null;
    this.points = [];
    const title = fresh("chart");
    this.width = WIDTH;
    this.picture = svg("svg", { role: "img", class: "chart" });
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

  clear() {
    this.points = [];
  }

  draw() {
    const { width } = this;
    const letter = parseFloat(getComputedStyle(this.picture).fontSize) || 13;
    const [height, left, bottom] = [TALL * letter, LEFT * letter, (TALL - BOTTOM) * letter];
    const right = width - RIGHT * letter;
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.setAttribute("height", height);
    const longest = Math.max(10, ...this.points.map((each) => each.length));
    const most = Math.max(4, this.fixed ?? 0, ...this.points.map((each) => each.steps));
    const x = (length) => left + ((right - left) * length) / longest;
    const y = (steps) => bottom - ((bottom - TOP * letter) * steps) / most;
    const across = (at) => svg("path", { d: `M${left} ${y(at)}H${right}` });
    const label = (at, line, anchor) => svg("text", { ...at, "text-anchor": anchor }, line);
    const parts = [];
    const rule = (at, name) => parts.push(svg("g", { class: name }, across(at)));
    for (const steps of ticks(most)) {
      rule(steps, "rule");
      parts.push(label({ x: left - letter / 2, y: y(steps) + letter / 3 }, number(steps), "end"));
    }
    for (const length of ticks(longest)) {
      parts.push(label({ x: x(length), y: bottom + 1.4 * letter }, number(length), "middle"));
    }
    parts.push(
      label({ x: (left + right) / 2, y: bottom + 2.8 * letter }, text("chart.length"), "middle"),
    );
    if (this.fixed !== null) {
      rule(this.fixed, "fixed-line");
      const words = text("chart.fixed", { steps: this.fixed });
      parts.push(label({ x: right, y: y(this.fixed) - letter / 2 }, words, "end"));
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
