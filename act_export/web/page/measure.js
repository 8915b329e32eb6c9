// Times of calls that are shorter than the browser's clock can tell, measured in batches.

import { pause } from "page/element";

const STEPS = 200; // of the clock in a batch: it is then off by 0.5 % at most
const STILL = 5; // turns in which no least time fell, by more than
const FALL = 0.03;
const LONGEST = 6000; // milliseconds for all turns
const WARM = 300; // milliseconds until the browser has compiled the engine well

// The smallest step of performance.now() that is seen, in milliseconds: 0.005 to 1 by browser.
export function clockStep() {
  let least = Infinity;
  for (let seen = 0; seen < 5; seen += 1) {
    const from = performance.now();
    let now = from;
    while (now === from) now = performance.now();
    least = Math.min(least, now - from);
  }
  return least;
}

let step = null;
const warm = new WeakSet();

// The microseconds of one call of each of `calls`: [{owner: what is compiled while it runs, call}].
// The calls of a batch are doubled until it takes 200 steps of the clock; then batches of all take
// turns until their least times stay, for whatever else the device does only adds to a time. null
// where the page is hidden or `signal` ends it: a hidden page is slowed down.
export async function microseconds(calls, signal) {
  step ??= clockStep();
  const counts = [];
  for (const { owner, call } of calls) {
    if (!warm.has(owner)) await warmUp(call, signal);
    if (signal.aborted) return null;
    warm.add(owner);
    let count = 1;
    // A batch that was only interrupted is not long: three must be.
    for (let long = 0; long < 3; long += 1) {
      while (batch(call, count, 0) < step * STEPS) {
        count *= 2;
        long = 0;
        await pause();
        if (signal.aborted || document.hidden) return null;
      }
    }
    counts.push(count);
  }
  const least = calls.map(() => Infinity);
  const end = performance.now() + LONGEST;
  for (let still = 0; still < STILL && performance.now() < end; still += 1) {
    for (const [at, { call }] of calls.entries()) {
      const time = batch(call, counts[at], 0);
      if (time < least[at] * (1 - FALL)) still = 0;
      least[at] = Math.min(least[at], time);
      await pause();
      if (signal.aborted || document.hidden) return null;
    }
  }
  return least.map((time, at) => (time * 1000) / counts[at]);
}

async function warmUp(call, signal) {
  for (const end = performance.now() + WARM; performance.now() < end && !signal.aborted; ) {
    batch(call, 1, 10);
    await pause();
  }
}

// Milliseconds of so many calls, and more until `least` of them have passed.
function batch(work, calls, least) {
  const from = performance.now();
  let passed = 0;
  do {
    for (let call = 0; call < calls; call += 1) work();
    passed = performance.now() - from;
  } while (passed < least);
  return passed;
}
