// Text: each character on the colour of its ponder steps.

import { Battery, microText } from "page/battery";
import { Comparison } from "page/comparison";
import { fresh, h } from "page/element";
import { bytesOf, characters, KINDS, mean, meansByKind, MOST_BYTES, read } from "page/text";
import { number, onLanguage, say, text } from "page/words";

const SHOWN = 4000; // characters that are coloured
const TIMED = 200; // bytes whose time is measured
const GUESSES = 5;
const LEVELS = 6; // colours

export const accepts = ({ vocabulary, model }) => vocabulary === "bytes" && model.vocab_size === 256;

export function open(loaded, place) {
  return new TextScreen(loaded, place);
}

class TextScreen {
  constructor(loaded, { stage, side, announce, signal }) {
    Object.assign(this, { loaded, announce, signal });
    const { baseline } = loaded;
    this.battery = new Battery(
      loaded,
      { changed: () => this.think(), work: () => this.#timed(), unit: "unit.character" },
      signal,
    );
    this.comparison = new Comparison(
      [
        { key: "compare.mean", write: (value) => number(value), bar: true },
        { key: "compare.time-character", write: microText, bar: true },
        { key: "compare.bits", write: (value) => number(value), bar: false },
      ],
      baseline && baseline.maxPonder,
      signal,
    );
    stage.append(this.#card(), this.#kindsCard());
    side.append(this.battery.element, this.comparison.element);
    onLanguage(() => this.#draw(), signal);
    signal.addEventListener("abort", () => this.reading?.abort());
    this.think();
    this.battery.measure();
  }

  #card() {
    const [area, title] = [fresh("text"), fresh("text-title")];
    this.area = h("textarea", { id: area, rows: 3, spellcheck: "false", autocomplete: "off", "data-testid": "text" });
    this.area.value = text("text.sample");
    this.area.addEventListener("input", () => {
      this.think();
      this.battery.measure();
    });
    this.mean = h("strong", { class: "big", "data-testid": "mean-steps" }, "–");
    this.progress = h("progress", { max: 1, value: 0, hidden: true });
    say(this.progress, "text.progress", {}, "aria-label");
    this.reader = h("div", { class: "reader", tabindex: 0, role: "group", "data-testid": "reader" });
    say(this.reader, "text.reader", {}, "aria-label");
    this.reader.addEventListener("pointerover", (event) => this.#inspect(event.target));
    this.reader.addEventListener("click", (event) => this.#inspect(event.target));
    this.reader.addEventListener("keydown", (event) => this.#key(event));
    this.inspector = h("p", { class: "inspector", role: "status", "data-testid": "inspector" });
    this.guesses = h("p", { class: "guesses", "data-testid": "guesses" });
    this.note = h("p", { class: "remark", hidden: true, "data-testid": "text-note" });
    return h(
      "section",
      { class: "panel text", "aria-labelledby": title },
      say(h("h2", { id: title, class: "unseen" }), "text.title"),
      h("p", { class: "count" }, this.mean, " ", say(h("span", {}), "text.mean")),
      say(h("label", { for: area }), "text.label"),
      this.area,
      this.progress,
      this.reader,
      this.inspector,
      scale(this.loaded.maxPonder),
      this.note,
      this.guesses,
    );
  }

  #kindsCard() {
    const title = fresh("kinds");
    this.kinds = KINDS.map((kind) => ({
      value: h("span", { class: "value" }, "–"),
      bar: h("span", { class: "bar", "aria-hidden": "true" }),
      key: `kind.${kind}`,
    }));
    const row = ({ key, bar, value }) =>
      h("tr", {}, say(h("th", { scope: "row" }), key), h("td", { class: "wide" }, bar), h("td", {}, value));
    return h(
      "section",
      { class: "panel kinds", "aria-labelledby": title },
      say(h("h2", { id: title }), "text.kinds"),
      h("table", { "data-testid": "kinds" }, h("tbody", {}, ...this.kinds.map(row))),
    );
  }

  // Read the text that stands there.
  async think() {
    this.reading?.abort();
    const { signal } = (this.reading = new AbortController());
    const line = this.area.value;
    const { bytes, cut } = bytesOf(line);
    const budget = { ...this.battery.budget };
    const share = (at) => (done) => {
      this.progress.hidden = false;
      this.progress.value = (at + done / Math.max(1, bytes.length)) / (this.loaded.baseline ? 2 : 1);
    };
    const answer = await read(this.loaded, bytes, budget, signal, share(0));
    if (answer === null) return;
    this.shown = { line, bytes, cut, answer };
    this.#draw();
    if (this.loaded.baseline) {
      const fixed = await read(this.loaded.baseline, bytes, budget, signal, share(1));
      if (fixed === null) return;
      this.comparison.set("compare.mean", 1, bytes.length ? mean(fixed.steps) : null);
      this.comparison.set("compare.bits", 1, mean(fixed.bits, 1));
    }
    this.progress.hidden = true;
  }

  #draw() {
    if (!this.shown) return;
    const { line, bytes, cut, answer } = this.shown;
    const average = bytes.length ? mean(answer.steps) : null;
    this.mean.textContent = average === null ? "–" : number(average);
    this.comparison.set("compare.mean", 0, average);
    this.comparison.set("compare.bits", 0, mean(answer.bits, 1));
    const found = [...characters(line, answer, SHOWN)];
    this.spans = found.map((each) => this.#span(each));
    this.reader.replaceChildren(...this.spans);
    this.inspector.textContent = text(found.length ? "text.inspect" : "text.empty");
    this.#showKinds(meansByKind(bytes, answer.steps));
    this.#showGuesses(answer.next);
    this.#showNote(bytes.length, found.length, cut);
  }

  #span({ character, steps, bits }) {
    const level = Math.ceil((LEVELS * steps) / this.loaded.maxPonder);
    const span = h("span", { class: `c n${level}`, title: text("text.steps", { count: steps }) }, character);
    span.style.setProperty("--n", steps / this.loaded.maxPonder);
    Object.assign(span.dataset, { steps, bits });
    return span;
  }

  #showKinds(means) {
    for (const [at, { value, bar }] of this.kinds.entries()) {
      value.textContent = means[at] === null ? "–" : number(means[at]);
      bar.style.setProperty("--share", (means[at] ?? 0) / this.loaded.maxPonder);
    }
  }

  #showGuesses(next) {
    this.guesses.replaceChildren();
    if (!next) return;
    const best = [...next.keys()].sort((one, other) => next[other] - next[one]).slice(0, GUESSES);
    this.guesses.append(
      h("span", {}, text("text.next")),
      ...best.map((byte) => h("span", { class: "guess" }, h("kbd", {}, shownCharacter(byte)), ` ${number(100 * next[byte], 2)} %`)),
    );
  }

  #showNote(read, shown, cut) {
    const parts = [];
    if (cut) parts.push(text("text.cut", { most: MOST_BYTES }));
    if (shown === SHOWN) parts.push(text("text.part", { shown, all: read }));
    this.note.hidden = parts.length === 0;
    this.note.textContent = parts.join(" ");
  }

  // -- One character -----------------------------------------------------------------------------

  #key(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    if (by === undefined || !this.spans?.length) return;
    event.preventDefault();
    const at = this.spans.indexOf(this.reader.querySelector(".at"));
    this.#inspect(this.spans[Math.max(0, Math.min(this.spans.length - 1, at + by))]);
  }

  #inspect(span) {
    if (!span.dataset.steps) return;
    this.reader.querySelector(".at")?.classList.remove("at");
    span.classList.add("at");
    this.inspector.textContent = text("text.inspected", {
      character: shownCharacter(span.textContent.codePointAt(0)),
      steps: text("text.steps", { count: Number(span.dataset.steps) }),
      bits: Number(span.dataset.bits),
    });
  }

  // -- Times -------------------------------------------------------------------------------------

  #timed() {
    const { bytes } = bytesOf(this.area.value);
    const tokens = Int32Array.from(bytes.subarray(0, TIMED));
    if (!tokens.length) return [];
    const of = (net, column, budget) => ({
      owner: net,
      units: tokens.length,
      call: () => {
        net.setBudget(budget);
        net.context.reset();
        net.run(tokens);
      },
      show: (time) => {
        if (column === 0) this.battery.show(time);
        this.comparison.set("compare.time-character", column, time);
      },
    });
    const { loaded } = this;
    const own = of(loaded, 0, { ...this.battery.budget });
    return loaded.baseline ? [own, of(loaded.baseline, 1, loaded.baseline)] : [own];
  }
}

function shownCharacter(code) {
  if (code === 32) return "␣";
  if (code === 10) return "↵";
  if (code === 9) return "⇥";
  return code < 32 || (code > 126 && code < 256) ? `0x${code.toString(16)}` : String.fromCodePoint(code);
}

// The colours with their steps: as many as the model has, at most eight of them named.
function scale(most) {
  const gap = Math.ceil(most / 8);
  const steps = Array.from({ length: most }, (_, at) => at + 1).filter((each) => each % gap === 0 || each === 1);
  const swatch = (each) => {
    const span = h("span", { class: `c n${Math.ceil((LEVELS * each) / most)}` }, String(each));
    span.style.setProperty("--n", each / most);
    return h("li", {}, span);
  };
  return h("div", { class: "scale" }, say(h("span", {}), "text.scale"), h("ol", {}, ...steps.map(swatch)));
}
