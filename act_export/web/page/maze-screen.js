// The maze: a board to draw on, the net's answer after each ponder step, and N against how far the
// goal is.

import { Battery, microText } from "page/battery";
import { Comparison } from "page/comparison";
import { fresh, h, pause } from "page/element";
import { CHANNELS, generate, random } from "page/maze";
import { MazeBoard } from "page/maze-board";
import { isOn, MazePicture } from "page/maze-draw";
import { LengthChart } from "page/maze-chart";
import { Player } from "page/player";
import { number, onLanguage, say, text } from "page/words";

const LEAST = 3;
const LARGEST = 11;
const TRIED = 40; // mazes at a press of the button

// Images of the maze task's channels, one answer for each cell.
export const accepts = ({ model, inputs }) =>
  model.model === "iterated" && inputs[0].shape[1] === CHANNELS && model.output_size === 1;

export function open(loaded, { stage, side, announce, signal }) {
  return new MazeScreen(loaded, { stage, side, announce, signal });
}

class MazeScreen {
  constructor(loaded, { stage, side, announce, signal }) {
    Object.assign(this, { loaded, announce, signal, seed: Date.now() >>> 0 });
    const { manifest, baseline } = loaded;
    const sizes = inputSizes(manifest);
    this.least = sizes.fixed ? sizes.largest : LEAST;
    this.largest = sizes.fixed ? sizes.largest : Math.min(sizes.largest, LARGEST);
    this.player = new Player((step) => this.#showStep(step), signal);
    this.board = new MazeBoard((maze) => this.setMaze(maze), (...told) => this.announce(...told));
    this.chart = new LengthChart(loaded, signal);
    this.battery = new Battery(
      loaded,
      { changed: () => this.#budgetChanged(), work: () => this.#timed(), unit: "unit.maze" },
      signal,
    );
    this.comparison = new Comparison(
      [
        { key: "compare.steps", write: (value) => number(value), bar: true },
        { key: "compare.time", write: microText, bar: true },
        { key: "compare.cells", write: (value) => text("maze.of-cells", { right: value, all: this.maze.cells }) },
      ],
      baseline && baseline.maxPonder,
      signal,
    );
    this.state = h("p", { class: "maze-state", "data-testid": "maze-state" });
    this.remark = h("p", { class: "remark", "data-testid": "maze-remark", hidden: true });
    stage.append(this.#boardCard(), this.chart.element);
    if (baseline) this.comparison.element.append(...this.#fixedPart(baseline));
    this.chart.button.addEventListener("click", () => this.#tryMany());
    side.append(this.battery.element, this.comparison.element);
    onLanguage(() => this.#languageChanged(), signal);
    this.newMaze();
  }

  #boardCard() {
    const size = fresh("size");
    const title = fresh("board");
    const counts = Array.from({ length: this.largest - this.least + 1 }, (_, at) => this.least + at);
    const middle = counts.includes(7) ? 7 : this.largest;
    this.size = h(
      "select",
      { id: size, "data-testid": "maze-size" },
      ...counts.map((each) => h("option", { value: each, selected: each === middle }, `${each} × ${each}`)),
    );
    this.size.addEventListener("change", () => this.newMaze());
    this.steps = h("strong", { class: "big", "data-testid": "ponder-steps" }, "0");
    return h(
      "section",
      { class: "panel maze", "aria-labelledby": title },
      h(
        "div",
        { class: "maze-top" },
        h(
          "p",
          { class: "count" },
          this.steps,
          " ",
          say(h("span", {}), "maze.steps"),
        ),
        say(h("h2", { id: title, class: "unseen" }), "maze.title"),
        h(
          "div",
          { class: "maze-new" },
          say(h("label", { for: size, class: "unseen" }), "maze.size"),
          this.size,
          say(h("button", { type: "button", class: "button main", "data-testid": "new-maze", onclick: () => this.newMaze() }), "maze.new"),
        ),
      ),
      this.board.element,
      this.player.element,
      this.state,
      this.remark,
      legend(),
      h(
        "details",
        { class: "how" },
        say(h("summary", {}), "maze.how"),
        h(
          "ul",
          {},
          ...["maze.how-walls", "maze.how-ends", "maze.how-keys"].map((key) => say(h("li", {}), key)),
        ),
      ),
    );
  }

  // The answer of the net that always takes the same number of steps.
  #fixedPart(baseline) {
    this.fixedPicture = new MazePicture();
    this.fixedWords = h("p", { class: "fine" });
    const steps = { steps: baseline.maxPonder };
    return [say(h("h3", {}), "maze.fixed-title", steps), this.fixedPicture.element, this.fixedWords];
  }

  // Draw a new maze, whose way is at least half as long as the longest; its steps are played unless
  // the user wants little motion.
  newMaze() {
    this.seed = (this.seed + 1) >>> 0;
    const share = 0.5 + 0.5 * random(this.seed)();
    const plays = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.setMaze(generate(Number(this.size.value), this.seed, share), plays);
  }

  setMaze(maze, plays = false) {
    this.maze = maze;
    this.solution = maze.solve();
    this.think(plays);
    this.#mark();
    this.battery.measure();
  }

  // Points of another budget say nothing of this one.
  #budgetChanged() {
    this.think();
    this.chart.clear();
    this.#mark();
  }

  // Draw the maze as the chart's present one.
  #mark() {
    if (this.truth && !this.solution.loops) this.chart.add(this.solution.length, this.answers.length - 1);
    else this.chart.draw();
  }

  // Ask the net, and again with each lower limit of steps: its answer after so many.
  think(plays = false) {
    const { maze, loaded } = this;
    const x = maze.channels();
    const ask = (net, budget) => probabilities(net, x, maze.side, budget);
    const last = ask(loaded, this.battery.budget);
    const steps = loaded.context.ponderSteps(0);
    this.answers = [null];
    for (let k = 1; k < steps; k += 1) {
      this.answers.push(ask(loaded, { ...this.battery.budget, maxPonder: k }));
    }
    if (steps > 0) this.answers.push(last);
    this.truth = this.solution.length < 0 ? null : this.solution.cells;
    this.#compare(x, last, steps);
    this.#remark();
    this.player.set(steps, plays);
  }

  #compare(x, last, steps) {
    const { baseline } = this.loaded;
    this.comparison.set("compare.steps", 0, steps);
    this.comparison.set("compare.cells", 0, this.truth && rightCells(last, this.truth));
    if (!baseline) return;
    this.fixedAnswer = probabilities(baseline, x, this.maze.side, baseline);
    this.fixedPicture.draw(this.maze, this.fixedAnswer, this.truth);
    this.comparison.set("compare.steps", 1, baseline.maxPonder);
    this.comparison.set("compare.cells", 1, this.truth && rightCells(this.fixedAnswer, this.truth));
    this.fixedWords.textContent = this.#cellsWords(this.fixedAnswer);
  }

  #cellsWords(answer) {
    if (!this.truth) return "";
    return text("maze.right", { right: rightCells(answer, this.truth), all: this.maze.cells });
  }

  #remark() {
    const { length, loops } = this.solution;
    const key = length < 0 ? "maze.no-way" : loops ? "maze.loops" : null;
    this.remark.hidden = key === null;
    if (key) say(this.remark, key);
  }

  #showStep(step) {
    const answer = this.answers[step];
    this.steps.textContent = number(step);
    this.board.show(this.maze, answer, this.truth);
    this.state.textContent = this.#stateWords(step, answer);
  }

  #stateWords(step, answer) {
    const { length } = this.solution;
    if (step === 0) return length < 0 ? "" : text("maze.length", { count: length });
    const cells = this.#cellsWords(answer);
    const done = step === this.answers.length - 1;
    const key = done ? "maze.done" : "maze.after";
    return [text(key, { count: step }), cells].filter(Boolean).join(" ");
  }

  #languageChanged() {
    this.board.describe();
    this.state.textContent = this.#stateWords(this.player.step, this.answers[this.player.step]);
    if (this.fixedAnswer) this.fixedWords.textContent = this.#cellsWords(this.fixedAnswer);
  }

  // N for many mazes of all sizes and lengths.
  async #tryMany() {
    this.chart.button.disabled = true;
    for (let turn = 0; turn < TRIED && !this.signal.aborted; turn += 1) {
      this.seed = (this.seed + 1) >>> 0;
      const maze = generate(this.least + (turn % (this.largest - this.least + 1)), this.seed);
      probabilities(this.loaded, maze.channels(), maze.side, this.battery.budget);
      this.chart.add(maze.solve().length, this.loaded.context.ponderSteps(0), false);
      if (turn % 4 === 3) await pause();
    }
    this.chart.draw();
    this.chart.button.disabled = false;
  }

  #timed() {
    const { loaded, maze, battery } = this;
    const x = maze.channels();
    const of = (net, column, budget) => ({
      owner: net,
      units: 1,
      call: () => probabilities(net, x, maze.side, budget),
      show: (time) => {
        if (column === 0) battery.show(time);
        this.comparison.set("compare.time", column, time);
      },
    });
    const budget = { ...battery.budget };
    return [
      of(loaded, 0, budget),
      ...(loaded.baseline ? [of(loaded.baseline, 1, loaded.baseline)] : []),
    ];
  }
}

// The probability of each cell to lie on the way: (side x side).
function probabilities(net, x, side, budget) {
  net.setBudget(budget);
  return Float32Array.from(net.context.runImage(x, side, side), (y) => 1 / (1 + Math.exp(-y)));
}

const rightCells = (answer, truth) =>
  answer.reduce((all, probability, cell) => all + (isOn(probability) === (truth[cell] === 1)), 0);

// The sides of the images that a model takes.
function inputSizes({ inputs, axes, model }) {
  const [, , height] = inputs[0].shape;
  if (typeof height === "number") return { fixed: true, largest: height };
  return { fixed: false, largest: axes?.find((each) => each.name === height)?.largest ?? model.height };
}

function legend() {
  const entry = (mark, key) => h("li", {}, h("span", { class: `swatch ${mark}`, "aria-hidden": "true" }), say(h("span", {}), key));
  return h(
    "ul",
    { class: "legend" },
    entry("start", "maze.legend-start"),
    entry("goal", "maze.legend-goal"),
    entry("on", "maze.legend-on"),
    entry("wrong", "maze.legend-wrong"),
    entry("missing", "maze.legend-missing"),
  );
}
