// The maze that is drawn on: walls by tapping or dragging near them, start and goal by dragging or by
// a tap on them and one on their new place; all of it by keyboard in a grid of cells, too.

import { h } from "page/element";
import { ABOVE, BELOW, LEFT, RIGHT } from "page/maze";
import { isOn, MazePicture } from "page/maze-draw";
import { say, text } from "page/words";

const ARROWS = { ArrowRight: RIGHT, ArrowDown: BELOW, ArrowLeft: LEFT, ArrowUp: ABOVE };
const SIDES = ["right", "below", "left", "above"];

export class MazeBoard {
  // `changed` is called with a maze after an edit, `told` with a text key when one says something.
  constructor(changed, told) {
    this.changed = changed;
    this.told = told;
    this.picture = new MazePicture();
    this.grid = h("div", { role: "grid", class: "maze-grid", "data-testid": "maze" });
    this.hint = h("span", { class: "maze-hint", hidden: true });
    this.element = h("div", { class: "maze-board" }, this.picture.element, this.grid, this.hint);
    say(this.grid, "maze.grid", {}, "aria-label");
    this.held = null; // "start", "goal", or {open} while walls are drawn
    this.at = 0;
    this.grid.addEventListener("keydown", (event) => this.#key(event));
    this.grid.addEventListener("focusin", (event) => this.#focused(event));
    this.grid.addEventListener("pointerdown", (event) => this.#down(event));
    this.grid.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.grid.addEventListener(end, (event) => this.#up(event));
    }
    this.grid.addEventListener("pointerleave", () => (this.hint.hidden = true));
  }

  // Show a maze; see MazePicture.draw.
  show(maze, answer, truth) {
    const resized = this.maze?.side !== maze.side;
    [this.maze, this.answer, this.truth] = [maze, answer, truth];
    if (resized) this.#layOut();
    this.picture.draw(maze, answer, truth);
    this.describe();
  }

  // The cells in words; again when the language has changed.
  describe() {
    for (const [cell, element] of this.cells.entries()) {
      element.setAttribute("aria-label", this.#words(cell));
    }
  }

  #layOut() {
    const { side } = this.maze;
    this.at = Math.min(this.at, side * side - 1);
    this.grid.setAttribute("aria-rowcount", side);
    this.grid.setAttribute("aria-colcount", side);
    this.cells = Array.from({ length: side * side }, (_, cell) =>
      h("div", { role: "gridcell", tabindex: cell === this.at ? 0 : -1, "data-cell": cell }),
    );
    const row = (_, at) =>
      h("div", { role: "row" }, ...this.cells.slice(at * side, (at + 1) * side));
    this.grid.replaceChildren(...Array.from({ length: side }, row));
  }

  #words(cell) {
    const { maze, answer, truth } = this;
    const parts = [
      text("maze.cell", { row: Math.floor(cell / maze.side) + 1, column: (cell % maze.side) + 1 }),
    ];
    if (cell === maze.start) parts.push(text("maze.start"));
    if (cell === maze.goal) parts.push(text("maze.goal"));
    const walls = SIDES.filter((_, side) => !maze.isOpen(cell, side));
    if (walls.length) {
      parts.push(text("maze.walls", { sides: walls.map((each) => text(`side.${each}`)).join(", ") }));
    }
    if (answer) {
      const on = isOn(answer[cell]);
      if (on) parts.push(text(truth && !truth[cell] ? "maze.wrong" : "maze.on"));
      else if (truth?.[cell]) parts.push(text("maze.missing"));
    }
    return parts.join(", ");
  }

  // -- Keyboard ----------------------------------------------------------------------------------

  #focused(event) {
    const cell = Number(event.target.dataset.cell);
    this.cells[this.at].tabIndex = -1;
    this.at = cell;
    this.cells[cell].tabIndex = 0;
  }

  #key(event) {
    const side = ARROWS[event.key];
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (side !== undefined && event.shiftKey) this.#toggle(this.at, side);
    else if (side !== undefined) this.cells[this.maze.beside(this.at, side)]?.focus();
    else if (event.key === "Home") this.cells[0].focus();
    else if (event.key === "End") this.cells[this.maze.cells - 1].focus();
    else if (key === "s") this.#place("start", this.at);
    else if (key === "g" || key === "z") this.#place("goal", this.at);
    else return;
    event.preventDefault();
  }

  // -- Edits -------------------------------------------------------------------------------------

  #toggle(cell, side, open = !this.maze.isOpen(cell, side)) {
    const maze = this.maze.copy();
    if (!maze.setOpen(cell, side, open)) return this.told("maze.edge");
    this.changed(maze);
    return this.told(open ? "maze.opened" : "maze.shut", { side: () => text(`side.${SIDES[side]}`) });
  }

  #place(end, cell) {
    const other = end === "start" ? "goal" : "start";
    if (this.maze[other] === cell) return this.told("maze.taken");
    if (this.maze[end] !== cell) this.changed(Object.assign(this.maze.copy(), { [end]: cell }));
    return this.told(end === "start" ? "maze.start-moved" : "maze.goal-moved");
  }

  // -- Pointer -----------------------------------------------------------------------------------

  // The cell under a pointer, and the side of it that is nearest.
  #under(event) {
    const box = this.grid.getBoundingClientRect();
    const { side } = this.maze;
    const [x, y] = [
      ((event.clientX - box.left) / box.width) * side,
      ((event.clientY - box.top) / box.height) * side,
    ];
    if (!(x >= 0 && y >= 0 && x < side && y < side)) return null;
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const [across, down] = [x - column, y - row];
    const distances = [1 - across, 1 - down, across, down];
    return { cell: row * side + column, side: distances.indexOf(Math.min(...distances)) };
  }

  #down(event) {
    const under = event.button === 0 && this.#under(event);
    if (!under) return;
    event.preventDefault();
    this.grid.setPointerCapture(event.pointerId);
    this.cells[under.cell].focus({ preventScroll: true });
    if (this.lifted) {
      // The second tap of two that move a start or goal.
      const end = this.#lift(null);
      if (under.cell !== this.maze[end]) this.#place(end, under.cell);
      return;
    }
    if (under.cell === this.maze.start) this.held = { end: "start", moved: false };
    else if (under.cell === this.maze.goal) this.held = { end: "goal", moved: false };
    else this.held = { open: !this.maze.isOpen(under.cell, under.side), last: "" };
    if (!this.held.end) this.#draw(under);
  }

  #move(event) {
    const under = this.#under(event);
    this.#hint(under);
    if (!this.held || !under) return;
    if (!this.held.end) this.#draw(under);
    else if (under.cell !== this.maze[this.held.end]) {
      this.held.moved = true;
      this.#place(this.held.end, under.cell);
    }
  }

  #up(event) {
    if (!this.held) return;
    if (this.held.end && !this.held.moved && event.type === "pointerup") this.#lift(this.held.end);
    this.held = null;
  }

  // Take up the start or the goal, or put down what was; returns which that was.
  #lift(end) {
    const before = this.lifted;
    this.lifted = end;
    this.element.classList.toggle("lifted", end !== null);
    if (end) this.told("maze.lifted");
    return before;
  }

  #draw({ cell, side }) {
    const wall = `${cell}/${side}`;
    if (this.held.last === wall || this.maze.isOpen(cell, side) === this.held.open) return;
    this.held.last = wall;
    this.#toggle(cell, side, this.held.open);
  }

  // The wall that a tap would set or take away.
  #hint(under) {
    const ends = under && [this.maze.start, this.maze.goal].includes(under.cell);
    const hidden = !under || ends || this.lifted || this.maze.beside(under.cell, under.side) < 0;
    this.hint.hidden = hidden;
    if (hidden) return;
    const { side } = this.maze;
    const [row, column] = [Math.floor(under.cell / side), under.cell % side];
    const upright = under.side === RIGHT || under.side === LEFT;
    this.hint.classList.toggle("upright", upright);
    const place = this.hint.style;
    place.setProperty("--x", (column + (under.side === RIGHT)) / side);
    place.setProperty("--y", (row + (under.side === BELOW)) / side);
    place.setProperty("--length", 1 / side);
  }
}
