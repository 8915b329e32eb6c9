// Any other model: the calls of its golden bundle, asked here and compared, with N of each.

import { Battery, microText } from "page/battery";
import { Comparison } from "page/comparison";
import { fresh, h, pause } from "page/element";
import { answers } from "page/golden";
import { number, onLanguage, say, text } from "page/words";

const MOST_BARS = 60;

export const accepts = () => true;

export function open(loaded, place) {
  return new PlainScreen(loaded, place);
}

class PlainScreen {
  constructor(loaded, { stage, side, signal }) {
    Object.assign(this, { loaded, signal, rows: [] });
    const title = fresh("plain");
    this.battery = new Battery(
      loaded,
      { changed: () => this.think(), work: () => this.#timed(), unit: "unit.call" },
      signal,
    );
    this.comparison = new Comparison(
      [
        { key: "compare.mean", write: (value) => number(value), bar: true },
        { key: "compare.time-call", write: microText, bar: true },
      ],
      loaded.baseline?.maxPonder ?? null,
      signal,
    );
    this.mean = h("strong", { class: "big", "data-testid": "mean-steps" }, "–");
    this.bars = h("ol", { class: "bars", "data-testid": "bars" });
    this.summary = h("p", { class: "maze-state", "data-testid": "golden" });
    stage.append(
      h(
        "section",
        { class: "panel plain-model", "aria-labelledby": title },
        h("p", { class: "count" }, this.mean, " ", say(h("span", {}), "plain.mean")),
        say(h("h2", { id: title }), "plain.title"),
        say(h("p", {}), "plain.text"),
        this.bars,
        this.summary,
      ),
    );
    side.append(this.battery.element, ...(loaded.baseline ? [this.comparison.element] : []));
    onLanguage(() => this.#draw(), signal);
    this.start();
  }

  async start() {
    this.calls = await this.loaded.golden?.();
    if (this.signal.aborted) return;
    if (!this.calls) {
      say(this.summary, "plain.none");
      return;
    }
    this.rows = [];
    for await (const row of answers(this.loaded, this.calls, this.signal)) this.rows.push(row);
    if (this.signal.aborted) return;
    this.think();
    this.battery.measure();
  }

  // Ask all calls within the budget: N of each.
  async think() {
    if (!this.calls) return;
    this.steps = [];
    const budget = { ...this.battery.budget };
    const steps = [];
    for (const call of this.calls) {
      steps.push(...this.loaded.answer(call, budget).steps);
      await pause();
      if (this.signal.aborted) return;
    }
    this.steps = steps;
    this.#draw();
  }

  #draw() {
    if (!this.steps?.length) return;
    const { steps } = this;
    const mean = steps.reduce((all, each) => all + each, 0) / steps.length;
    this.mean.textContent = number(mean);
    this.comparison.set("compare.mean", 0, mean);
    this.comparison.set("compare.mean", 1, this.loaded.baseline?.maxPonder ?? null);
    this.bars.replaceChildren(
      ...steps.slice(0, MOST_BARS).map((each, at) => {
        const bar = h("span", { class: "column", "aria-hidden": "true" });
        bar.style.setProperty("--share", each / this.loaded.maxPonder);
        return h("li", {}, bar, h("span", { class: "unseen" }, text("plain.call", { call: at + 1 })), h("span", { class: "value" }, number(each)));
      }),
    );
    const right = this.rows.filter((each) => each.right).length;
    this.summary.textContent = text("plain.right", { right, all: this.rows.length });
  }

  #timed() {
    if (!this.calls) return [];
    const of = (net, column, budget) => ({
      owner: net,
      units: this.calls.length,
      call: () => this.calls.forEach((call) => net.answer(call, budget)),
      show: (time) => {
        if (column === 0) this.battery.show(time);
        this.comparison.set("compare.time-call", column, time);
      },
    });
    const own = of(this.loaded, 0, { ...this.battery.budget });
    const { baseline } = this.loaded;
    return baseline ? [own, of(baseline, 1, baseline)] : [own];
  }
}
