// Listening: a sound file or the microphone, frame by frame, with the steps that each frame took and
// the words that were heard.

import { Battery, microText } from "page/battery";
import { Comparison } from "page/comparison";
import { fresh, h, pause, svg } from "page/element";
import { BANDS, LogMel, RATE } from "page/logmel";
import { Refusal } from "page/refusal";
import { microphone, samplesOf } from "page/sound";
import { number, onLanguage, say, text } from "page/words";

const NOTHING = "nothing"; // the label of what is no word
const SHOWN = 300; // frames in the picture
const HEIGHT = 160;
const SMOOTH = 0.2; // the part of a new frame in the probabilities that words are taken from
const SURE = 0.6;
const QUIET_FRAMES = 50; // after a word, until it is taken again
const SLICE = 1600; // samples until the browser may breathe
const KEPT = 12; // words on the screen
const TIMED = 100; // frames, at least, in a call that is timed

// Models of log-mel frames whose first label is that of no word.
export const accepts = ({ labels, model }) =>
  labels?.[0] === NOTHING && model.model === "sequence" && model.input_size === BANDS && !model.vocab_size;

export function open(loaded, place) {
  return new ListenScreen(loaded, place);
}

class ListenScreen {
  constructor(loaded, { stage, side, fail, signal }) {
    Object.assign(this, { loaded, fail, signal, every: loaded.manifest.task.every ?? 1 });
    this.battery = new Battery(
      loaded,
      { changed: () => {}, work: () => this.#timed(), unit: "unit.frame" },
      signal,
    );
    this.comparison = new Comparison(
      [
        { key: "compare.mean", write: (value) => number(value), bar: true },
        { key: "compare.time-frame", write: microText, bar: true },
      ],
      loaded.baseline?.maxPonder ?? null,
      signal,
    );
    this.comparison.set("compare.mean", 1, loaded.baseline?.maxPonder ?? null);
    stage.append(this.#card());
    side.append(this.battery.element, this.comparison.element);
    onLanguage(() => this.#words(), signal);
    signal.addEventListener("abort", () => this.hearing?.abort());
    this.#begin();
    this.battery.measure();
  }

  #card() {
    const [title, file] = [fresh("listen"), fresh("sound")];
    this.mean = h("strong", { class: "big", "data-testid": "mean-steps" }, "–");
    this.button = h("button", { type: "button", class: "button main", "data-testid": "listen" });
    this.button.addEventListener("click", () => (this.listening ? this.stop() : this.listen()));
    this.file = h("input", { id: file, type: "file", accept: "audio/*,.wav", class: "unseen", "data-testid": "sound" });
    this.file.addEventListener("change", () => {
      const [file] = this.file.files;
      this.file.value = ""; // so that it can be chosen again
      if (file) this.hear(file);
    });
    this.picture = svg(
      "svg",
      { class: "frames", viewBox: `0 0 ${SHOWN} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
      svg("path", { class: "frame-steps" }),
    );
    this.heardList = h("ol", { class: "heard", "data-testid": "heard" });
    this.summary = h("p", { class: "fine", role: "status", "data-testid": "listen-summary" });
    return h(
      "section",
      { class: "panel listen", "aria-labelledby": title },
      say(h("h2", { id: title, class: "unseen" }), "listen.title"),
      h("p", { class: "count" }, this.mean, " ", say(h("span", {}), "listen.mean")),
      h(
        "div",
        { class: "maze-new" },
        this.button,
        h("span", { class: "own-sound" }, this.file, h("label", { class: "button", for: file }, say(h("span", {}), "listen.file"))),
      ),
      say(h("p", { class: "fine" }), "listen.words", { words: this.loaded.manifest.labels.slice(1).join(", ") }),
      this.picture,
      this.heardList,
      this.summary,
    );
  }

  #begin() {
    this.mel = new LogMel();
    this.steps = [];
    this.words = [];
    this.smooth = new Float32Array(this.loaded.model.outputSize);
    this.left = 0; // frames until a word may be taken
    this.frames = 0;
    this.loaded.context.reset();
    this.state = this.loaded.context.state;
    this.recent = []; // [{state before, frames}], TIMED frames or a few more
    this.#draw();
  }

  // Hear a file, in slices.
  hear(file) {
    return this.#heard(false, async (signal) => {
      const samples = await samplesOf(file);
      for (let at = 0; at < samples.length && !signal.aborted; at += SLICE) {
        this.#take(samples.subarray(at, at + SLICE));
        await pause();
      }
      if (!signal.aborted) this.battery.measure();
    });
  }

  listen() {
    return this.#heard(true, (signal) => microphone((samples) => this.#take(samples), signal));
  }

  stop() {
    this.hearing?.abort();
    this.listening = false;
    this.#words();
    this.battery.measure();
  }

  // Begin anew in place of what is being heard.
  async #heard(listening, hearing) {
    this.hearing?.abort();
    const { signal } = (this.hearing = new AbortController());
    this.listening = listening;
    this.#begin();
    try {
      await hearing(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.stop();
      this.fail(error);
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #take(samples) {
    const { context } = this.loaded;
    this.loaded.setBudget(this.battery.budget);
    // Times are measured with the same context.
    context.state = this.state;
    const frames = this.#thinned([...this.mel.push(samples)]);
    for (const frame of frames) {
      const { y, ponderSteps } = this.loaded.run(frame);
      this.steps.push(ponderSteps.reduce((all, each) => all + each, 0));
      this.#word(y);
    }
    this.#keep(this.state, frames);
    this.state = context.state;
    this.#draw();
  }

  // The frames that the net hears: one of so many.
  #thinned(frames) {
    return frames.filter(() => (this.frames++ % this.every) === 0);
  }

  // Keep frames to be timed, and forget those that are no longer needed.
  #keep(state, frames) {
    if (!frames.length) return;
    this.recent.push({ state, frames });
    const count = (parts) => parts.reduce((all, part) => all + part.frames.length, 0);
    while (count(this.recent.slice(1)) >= TIMED) this.recent.shift();
  }

  // Take a word where the net has been sure of it for a while.
  #word(y) {
    const most = Math.max(...y);
    const shares = y.map((each) => Math.exp(each - most));
    const sum = shares.reduce((all, each) => all + each, 0);
    shares.forEach((each, at) => (this.smooth[at] += SMOOTH * (each / sum - this.smooth[at])));
    const best = this.smooth.indexOf(Math.max(...this.smooth));
    this.left -= 1;
    if (best === 0 || this.smooth[best] < SURE || this.left > 0) return;
    this.left = QUIET_FRAMES;
    this.words.push(this.loaded.manifest.labels[best]);
  }

  #draw() {
    const { steps, loaded } = this;
    const from = Math.max(0, steps.length - SHOWN);
    const bars = steps.slice(from).map((each, at) => {
      const height = (HEIGHT * each) / loaded.maxPonder;
      return `M${at + 0.5} ${HEIGHT}v${-height.toFixed(1)}`;
    });
    this.picture.firstChild.setAttribute("d", bars.join(""));
    const mean = steps.length ? steps.reduce((all, each) => all + each, 0) / steps.length : null;
    this.mean.textContent = mean === null ? "–" : number(mean);
    this.comparison.set("compare.mean", 0, mean);
    this.heardList.replaceChildren(...this.words.slice(-KEPT).map((word) => h("li", { lang: "en" }, word)));
    this.#words();
  }

  #words() {
    say(this.button, this.listening ? "listen.stop" : "listen.start");
    this.button.setAttribute("aria-pressed", String(Boolean(this.listening)));
    const line = text(this.steps.length ? "listen.frames" : "listen.empty", { count: this.steps.length });
    this.picture.setAttribute("aria-label", text("listen.picture", { most: this.loaded.maxPonder }));
    // A screen reader hears words, not each frame.
    const heard = this.words.length ? ` ${text("listen.last", { word: this.words.at(-1) })}` : "";
    this.summary.textContent = this.listening ? heard : line + heard;
  }

  // A run over the last frames, with the state in which they found the net: what a frame costs
  // depends on what came before. Before anything was heard, over silence.
  #timed() {
    const silent = { state: this.state, frames: [...new LogMel().push(new Float32Array(RATE))] };
    const recent = this.recent.length ? this.recent : [silent];
    const frames = recent.flatMap((part) => part.frames);
    const run = Float32Array.from(frames.flatMap((frame) => [...frame]));
    const [{ state }] = recent;
    const of = (net, column, budget) => ({
      owner: net,
      units: frames.length,
      call: () => {
        net.setBudget(budget);
        if (column === 0) net.context.state = state;
        else net.context.reset();
        net.run(run);
      },
      show: (time) => {
        if (column === 0) this.battery.show(time);
        this.comparison.set("compare.time-frame", column, time);
      },
    });
    const own = of(this.loaded, 0, { ...this.battery.budget });
    const { baseline } = this.loaded;
    return baseline ? [own, of(baseline, 1, baseline)] : [own];
  }
}
