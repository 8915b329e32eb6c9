// Ponder steps played, paused and stepped through: a slider over 0 to N with buttons.

import { fresh, h } from "page/element";
import { onLanguage, say, text } from "page/words";

const LONGEST = 6000; // milliseconds for all steps
const SLOWEST = 420; // for one

export class Player {
  // `show` is called with the step to be shown.
  constructor(show, signal) {
    this.show = show;
    this.step = this.last = 0;
    this.timer = null;
    const id = fresh("step");
    this.slider = h("input", { id, type: "range", min: 0, max: 0, value: 0, "data-testid": "step" });
    this.slider.addEventListener("input", () => {
      this.pause();
      this.#go(Number(this.slider.value));
    });
    this.playButton = this.#button("play", () => (this.timer ? this.pause() : this.play()));
    this.element = h(
      "div",
      { class: "player", role: "group" },
      this.#button("back", () => this.#by(-1)),
      this.playButton,
      this.#button("forward", () => this.#by(1)),
      say(h("label", { for: id, class: "unseen" }), "player.slider"),
      this.slider,
    );
    say(this.element, "player.title", {}, "aria-label");
    signal.addEventListener("abort", () => this.pause());
    onLanguage(() => this.#words(), signal);
  }

  #button(name, act) {
    const button = h(
      "button",
      { type: "button", class: name === "play" ? "round main" : "round", "data-testid": name, onclick: act },
      h("span", { class: `icon ${name}`, "aria-hidden": "true" }),
    );
    return say(button, `player.${name}`, {}, "aria-label");
  }

  // Take a new N; play its steps, or show the last of them.
  set(last, plays) {
    this.pause();
    this.last = last;
    this.slider.max = last;
    if (plays) {
      this.#go(0);
      this.play();
    } else this.#go(last);
  }

  play() {
    if (this.step >= this.last) this.#go(0);
    if (this.last === 0) return;
    const each = Math.min(SLOWEST, LONGEST / this.last);
    this.timer = setInterval(() => {
      this.#go(this.step + 1);
      if (this.step >= this.last) this.pause();
    }, each);
    this.#playing(true);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.#playing(false);
  }

  #playing(on) {
    this.playButton.firstChild.className = `icon ${on ? "pause" : "play"}`;
    say(this.playButton, on ? "player.pause" : "player.play", {}, "aria-label");
  }

  #by(count) {
    this.pause();
    this.#go(this.step + count);
  }

  #go(step) {
    this.step = Math.max(0, Math.min(this.last, step));
    this.slider.value = this.step;
    this.slider.style.setProperty("--share", this.last ? this.step / this.last : 0);
    this.#words();
    this.show(this.step);
  }

  #words() {
    this.slider.setAttribute("aria-valuetext", text("player.step", { step: this.step, last: this.last }));
  }
}
