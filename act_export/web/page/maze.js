// Mazes as the maze task makes them (act_mobile/tasks/maze.py): a random tree over the cells of a
// square, by depth-first search, which has long ways and dead ends of every length.

export const RIGHT = 0;
export const BELOW = 1;
export const LEFT = 2;
export const ABOVE = 3;

// The channels of x in the order of the task: the four sides that are open, inside, start, goal.
export const CHANNELS = 7;
const INSIDE = 4;
const START = 5;
const GOAL = 6;

// Numbers in 0..1 that the seed alone decides ("mulberry32").
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Maze {
  constructor(side) {
    this.side = side;
    this.cells = side * side;
    this.open = new Uint8Array(4 * this.cells); // by cell and side
    this.start = 0;
    this.goal = this.cells - 1;
  }

  copy() {
    const other = new Maze(this.side);
    other.open.set(this.open);
    return Object.assign(other, { start: this.start, goal: this.goal });
  }

  // The cell on a side of a cell; -1 outside.
  beside(cell, side) {
    const [row, column] = [Math.floor(cell / this.side), cell % this.side];
    if (side === RIGHT) return column + 1 < this.side ? cell + 1 : -1;
    if (side === LEFT) return column > 0 ? cell - 1 : -1;
    if (side === BELOW) return row + 1 < this.side ? cell + this.side : -1;
    return row > 0 ? cell - this.side : -1;
  }

  isOpen(cell, side) {
    return this.open[4 * cell + side] === 1;
  }

  // Open or shut a side of a cell, which is a side of its neighbour, too; the edge stays shut.
  setOpen(cell, side, open) {
    const other = this.beside(cell, side);
    if (other < 0) return false;
    this.open[4 * cell + side] = this.open[4 * other + ((side + 2) % 4)] = open ? 1 : 0;
    return true;
  }

  // The steps from a cell to every cell; -1 where no way leads.
  distances(origin) {
    const far = new Int16Array(this.cells).fill(-1);
    far[origin] = 0;
    const queue = [origin];
    for (const cell of queue) {
      for (let side = 0; side < 4; side += 1) {
        const other = this.isOpen(cell, side) ? this.beside(cell, side) : -1;
        if (other >= 0 && far[other] < 0) {
          far[other] = far[cell] + 1;
          queue.push(other);
        }
      }
    }
    return far;
  }

  // {length: steps of the shortest way, -1 if there is none; cells: 1 on a shortest way, several
  // where they are equally short; loops: whether there is more than one way at all}.
  solve() {
    const [from, to] = [this.distances(this.start), this.distances(this.goal)];
    const length = from[this.goal];
    const cells = Uint8Array.from(from, (far, cell) =>
      far >= 0 && far + to[cell] === length ? 1 : 0,
    );
    if (length < 0) cells.fill(0);
    // A tree has one opening fewer than cells.
    const reached = from.reduce((all, far) => all + (far >= 0), 0);
    let sides = 0;
    for (let at = 0; at < this.open.length; at += 1) sides += from[at >> 2] >= 0 && this.open[at];
    return { length, cells, loops: sides / 2 > reached - 1 };
  }

  // x of the net: (7, side, side), as one row of numbers.
  channels() {
    const x = new Float32Array(CHANNELS * this.cells);
    for (let cell = 0; cell < this.cells; cell += 1) {
      for (let side = 0; side < 4; side += 1) {
        x[side * this.cells + cell] = this.open[4 * cell + side];
      }
      x[INSIDE * this.cells + cell] = 1;
    }
    x[START * this.cells + this.start] = 1;
    x[GOAL * this.cells + this.goal] = 1;
    return x;
  }
}

// A maze in which one way leads between any two cells. The goal lies at `share` of the longest way that
// the start has; without a share that is drawn, too.
export function generate(side, seed, share = null) {
  const draw = random(seed);
  const pick = (count) => Math.floor(draw() * count);
  const maze = new Maze(side);
  const seen = new Uint8Array(maze.cells);
  const came = [pick(maze.cells)];
  seen[came[0]] = 1;
  while (came.length) {
    const cell = came[came.length - 1];
    const free = [RIGHT, BELOW, LEFT, ABOVE].filter((each) => {
      const other = maze.beside(cell, each);
      return other >= 0 && !seen[other];
    });
    if (!free.length) {
      came.pop();
      continue;
    }
    const chosen = free[pick(free.length)];
    maze.setOpen(cell, chosen, true);
    came.push(maze.beside(cell, chosen));
    seen[came[came.length - 1]] = 1;
  }
  maze.start = pick(maze.cells);
  const far = maze.distances(maze.start);
  const length = Math.max(1, Math.ceil((share ?? draw()) * Math.max(...far)));
  const goals = [...far.keys()].filter((cell) => far[cell] === length);
  maze.goal = goals[pick(goals.length)];
  return maze;
}
