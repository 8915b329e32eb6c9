// A job: all calls once for their answers; then, where they are timed, batches of calls for each N.
//
// A page's clock is coarse: 5 us where it is isolated, 100 us and more where it is not. So a batch repeats one call until
// it takes TICKS of the clock's own steps, and its time is off by half a percent at most. That is long enough to be
// interrupted, by which it takes ten times as long: the least of TRIES in a row counts. Batches of all N take turns, up
// and down, so that what changes meanwhile, as the processor's speed, is shared by all.

import { Rows } from "./rows.js";
import { Refused } from "./plan.js";

const TICKS = 200;
const TRIES = 3;
const WARM_MS = 300; // a browser's compiler takes the first thousand calls to notice what is worth its while
const CALLS = 8; // of the data that stand for all with their N
const IMAGES = 2; // the same where there is no time: places that only fill an image up cost nothing, so each call has a
// cost of its own, and is timed at least twice
const MOST_N = 64;
const LEAST_TURNS = 5;

const pause = () => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel(); // timers wait, messages do not
  port1.onmessage = () => (port1.close(), resolve());
  port2.postMessage(null);
});

/** The step of performance.now in milliseconds: the median of those seen in 50 ms. */
export function clockStep() {
  const steps = [], end = performance.now() + 50;
  for (let last = performance.now(); last < end || steps.length < 9; ) {
    const now = performance.now();
    if (now > last) steps.push(now - last), (last = now);
  }
  return steps.sort((a, b) => a - b)[steps.length >> 1];
}

/**
 * Runs every call once.
 * @param {object} session of engine.js, or a Called @param {import("./plan.js").Call[]} calls
 * @param {{ name: string, size: number }[]} outputs those that rows have @param {boolean} timeless nothing is carried
 * @param {(part: number) => Promise<void>} onPart is told how much is done
 * @returns {Promise<{ rows: Rows, byN: Map<number, import("./plan.js").Call[]>, firstMs: number }>} calls as they can be
 *   repeated, each with the state that it began with
 */
export async function answerAll(session, calls, outputs, timeless, onPart) {
  const most = timeless ? IMAGES : CALLS;
  const rows = new Rows(calls.length, outputs), byN = new Map();
  let firstMs = 0;
  for (const call of calls) {
    session.begin(call);
    const state = call.fresh && !call.state ? null : session.state, start = performance.now();
    await session.run(call);
    if (call.index === 0) firstMs = performance.now() - start;
    rows.add(call.index, session.answer);
    const n = session.ponderSteps;
    if (!byN.has(n)) byN.set(n, []);
    if (byN.get(n).length < most) byN.get(n).push({ ...call, state });
    if (call.index % 64 === 63) await onPart(call.index / calls.length);
  }
  return { rows, byN, firstMs };
}

/**
 * Times batches of every N.
 * @param {object} session @param {Map<number, import("./plan.js").Call[]>} byN
 * @param {{ warmup: number, min_count: number, min_seconds: number }} settings
 * @param {number} step the clock's, in milliseconds @param {(part: number) => Promise<void>} onPart
 * @returns {Promise<{ warmupMs: number, batches: [number, number, number][] }>} batches: call, how often, nanoseconds
 */
export async function timeBatches(session, byN, settings, step, onPart) {
  if (byN.size > MOST_N) {
    throw new Refused(`its calls take ${byN.size} different N, of which batches can tell ${MOST_N}: ` +
      "export it with one time step a call");
  }
  const groups = [...byN].sort(([a], [b]) => a - b).map(([n, calls]) => ({ n, calls, count: 1, next: 0 }));

  // The least milliseconds of a group's next call, repeated.
  async function batch(group) {
    const call = group.calls[group.next++ % group.calls.length];
    let least = Infinity;
    for (let i = 0; i < TRIES; i++) {
      const start = performance.now();
      await session.repeat(call, group.count);
      least = Math.min(least, performance.now() - start);
    }
    if (session.ponderSteps !== group.n) {
      throw new Error(`call ${call.index} took N = ${session.ponderSteps}, and ${group.n} before`);
    }
    return { call: call.index, ms: least };
  }

  const started = performance.now();
  for (let calls = 0; calls < settings.warmup || performance.now() < started + WARM_MS; ) {
    for (const group of groups) {
      await session.repeat(group.calls[0], 16);
      calls += 16;
    }
    await onPart(0);
  }
  const warmupMs = performance.now() - started;
  for (const group of groups) {
    while ((await batch(group)).ms < TICKS * step) group.count *= 2;
    await onPart(0);
  }

  const batches = [], begun = performance.now();
  let calls = 0, turn = 0;
  const part = () => (performance.now() - begun) / (1e3 * settings.min_seconds);
  for (; turn < LEAST_TURNS || calls < settings.min_count || part() < 1; turn++) {
    for (const group of turn % 2 ? [...groups].reverse() : groups) {
      const { call, ms } = await batch(group);
      if (ms < TICKS * step) group.count *= 2; // it has become faster: too short to be told
      else batches.push([call, group.count, Math.round(1e6 * ms)]), (calls += group.count);
      await pause();
    }
    await onPart(Math.min(part(), turn / LEAST_TURNS));
  }
  return { warmupMs, batches };
}
