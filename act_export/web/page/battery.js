// The battery panel: the halting threshold and the most ponder steps, which act at once, and what a
// call then costs on this device.

import { fresh, h, wait } from "page/element";
import { microseconds } from "page/measure";
import { number, say, text } from "page/words";

const SETTLED = 250; // milliseconds after the last change until a time is measured

export class Battery {
  // Args:
  //   loaded: the model.
  //   changed: called with {threshold, maxPonder} at each change.
  //   work: returns the calls to be timed: [{owner, call, units: of what a call does, show: called
  //     with the microseconds of one, or null}].
  //   unit: a text key of the unit that times are for.
  constructor(loaded, { changed, work, unit }, signal) {
    Object.assign(this, { loaded, changed, work, unit, signal });
    this.budget = { threshold: loaded.threshold, maxPonder: loaded.maxPonder };
    this.time = h("span", { class: "figure", "data-testid": "microseconds" }, "…");
    this.unitWords = h("span", { class: "unit" });
    say(this.unitWords, unit);
    this.baselineTime = null;
    const title = fresh("battery");
    this.element = h(
      "section",
      { class: "panel battery", "aria-labelledby": title },
      say(h("h2", { id: title }), "battery.title"),
      ...(loaded.adaptive ? this.#sliders() : [say(h("p", {}), "battery.fixed", { steps: loaded.maxPonder })]),
      h("p", { class: "reading" }, this.time, " ", this.unitWords),
      say(h("p", { class: "fine" }), "battery.where"),
    );
    signal.addEventListener("abort", () => this.timing?.abort());
    // A page that was hidden has no times.
    const seen = () => this.missed && !document.hidden && this.measure();
    document.addEventListener("visibilitychange", seen, { signal });
  }

  #sliders() {
    const { threshold, maxPonder } = this.loaded;
    const steps = this.#slider("battery.steps", {
      min: 1, max: maxPonder, step: 1, value: maxPonder, testid: "max-ponder",
      shown: (value) => text("battery.steps-value", { value, most: maxPonder }),
      take: (value) => (this.budget.maxPonder = value),
    });
    const least = Math.min(0.05, threshold);
    const sure = this.#slider("battery.threshold", {
      min: 0, max: 100, step: 1, value: 100, testid: "threshold",
      shown: () => number(this.budget.threshold, 2),
      take: (value) => (this.budget.threshold = least + ((threshold - least) * value) / 100),
    });
    return [...(maxPonder > 1 ? [steps] : []), sure, say(h("p", { class: "ends", "aria-hidden": "true" }), "battery.ends")];
  }

  #slider(key, { testid, shown, take, ...range }) {
    const id = fresh("slider");
    const value = h("output", { for: id, class: "value" });
    const input = h("input", { id, type: "range", "data-testid": testid, ...range });
    const show = () => {
      const line = shown(Number(input.value));
      value.textContent = line;
      input.setAttribute("aria-valuetext", line);
      input.style.setProperty("--share", (input.value - range.min) / Math.max(1, range.max - range.min));
    };
    input.addEventListener("input", () => {
      take(Number(input.value));
      show();
      this.changed(this.budget);
      this.measure();
    });
    show();
    return h("div", { class: "slider" }, h("div", { class: "slider-head" }, say(h("label", { for: id }), key), value), input);
  }

  // Measure again what a call costs, once the page has come to rest.
  async measure() {
    if (this.signal.aborted) return;
    this.timing?.abort();
    const { signal } = (this.timing = new AbortController());
    this.missed = false;
    this.element.classList.add("measuring");
    await wait(SETTLED);
    if (signal.aborted) return;
    const calls = this.work();
    const times = await microseconds(calls, signal);
    if (signal.aborted) return;
    this.missed = times === null;
    for (const [at, { units, show }] of calls.entries()) show(times && times[at] / units);
    this.element.classList.remove("measuring");
  }

  show(time) {
    this.time.textContent = time === null ? "–" : microText(time);
    this.element.dataset.microseconds = time ?? "";
  }
}

// 8.4 µs, 812 µs, 1.2 ms.
export function microText(time) {
  return time < 1000
    ? `${number(time, time < 10 ? 2 : 3)} µs`
    : `${number(time / 1000, 2)} ms`;
}
