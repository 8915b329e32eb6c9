// A maze and an answer as a picture: fills for how sure the net is, a line and dots where it answers
// "on the way", a cross where that is wrong, a ring where a cell of the way is missing.

import { svg } from "page/element";
import { BELOW, RIGHT } from "page/maze";

export const CELL = 20; // units of the picture in a cell
const EDGE = 2; // around it, for the thickness of walls
const SURE = 0.5;

export const isOn = (probability) => probability >= SURE;

export class MazePicture {
  constructor() {
    this.layers = ["fills", "line", "marks", "walls", "ends"].map((name) =>
      svg("g", { class: `maze-${name}` }),
    );
    this.element = svg("svg", { class: "maze-picture", "aria-hidden": "true", focusable: "false" });
    this.element.append(...this.layers);
  }

  // Draw a maze; `answer` is the probability by cell or null, `truth` 1 by cell of the true way or
  // null where there is none to compare with.
  draw(maze, answer, truth) {
    const size = maze.side * CELL + 2 * EDGE;
    this.element.setAttribute("viewBox", `${-EDGE} ${-EDGE} ${size} ${size}`);
    const [fills, line, marks, walls, ends] = this.layers;
    fills.replaceChildren(...(answer ? this.#fills(maze, answer) : []));
    line.replaceChildren(svg("path", { d: answer ? wayLine(maze, answer) : "" }));
    marks.replaceChildren(...(answer ? this.#marks(maze, answer, truth) : []));
    walls.replaceChildren(svg("path", { d: wallLines(maze) }));
    ends.replaceChildren(startMark(...middle(maze, maze.start)), goalMark(...middle(maze, maze.goal)));
  }

  #fills(maze, answer) {
    return [...answer.entries()]
      .filter(([, probability]) => probability > 0.02)
      .map(([cell, probability]) => {
        const [x, y] = corner(maze, cell);
        return svg("rect", {
          x, y, width: CELL, height: CELL, "fill-opacity": (0.85 * probability).toFixed(3),
        });
      });
  }

  #marks(maze, answer, truth) {
    const marks = [];
    for (const [cell, probability] of answer.entries()) {
      if (cell === maze.start || cell === maze.goal) continue;
      const [x, y] = middle(maze, cell);
      if (isOn(probability) && truth && !truth[cell]) {
        marks.push(svg("path", { class: "wrong", d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` }));
      } else if (isOn(probability)) {
        marks.push(svg("circle", { class: "on", cx: x, cy: y, r: 3 }));
      } else if (truth?.[cell]) {
        marks.push(svg("circle", { class: "missing", cx: x, cy: y, r: 3 }));
      }
    }
    return marks;
  }
}

const corner = (maze, cell) => [
  (cell % maze.side) * CELL,
  Math.floor(cell / maze.side) * CELL,
];
const middle = (maze, cell) => corner(maze, cell).map((each) => each + CELL / 2);

function wallLines(maze) {
  const size = maze.side * CELL;
  const lines = [`M0 0H${size}V${size}H0Z`];
  for (let cell = 0; cell < maze.cells; cell += 1) {
    const [x, y] = corner(maze, cell);
    if (!maze.isOpen(cell, RIGHT)) lines.push(`M${x + CELL} ${y}v${CELL}`);
    if (!maze.isOpen(cell, BELOW)) lines.push(`M${x} ${y + CELL}h${CELL}`);
  }
  return lines.join("");
}

function wayLine(maze, answer) {
  const lines = [];
  for (let cell = 0; cell < maze.cells; cell += 1) {
    for (const side of [RIGHT, BELOW]) {
      const other = maze.isOpen(cell, side) ? maze.beside(cell, side) : -1;
      if (other < 0 || !isOn(answer[cell]) || !isOn(answer[other])) continue;
      const [[x, y], [toX, toY]] = [middle(maze, cell), middle(maze, other)];
      lines.push(`M${x} ${y}L${toX} ${toY}`);
    }
  }
  return lines.join("");
}

const startMark = (x, y) =>
  svg("g", { class: "start" }, svg("circle", { cx: x, cy: y, r: 6.5 }), svg("circle", { class: "eye", cx: x, cy: y, r: 2.2 }));

const goalMark = (x, y) =>
  svg("path", { class: "goal", d: `M${x} ${y - 8}L${x + 8} ${y}L${x} ${y + 8}L${x - 8} ${y}Z` });
