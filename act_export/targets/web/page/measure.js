// Times of calls that are shorter than the browser's clock can tell, measured in batches.

import { pause } from "page/element";

const STEPS = 200; // of the clock in a batch: it is then off by 0.5 % at most
const BATCHES = 3;
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

// The microseconds of one call of `work`: calls are doubled until the least of three batches takes
// 200 steps of the clock. null where the page is hidden or `signal` ends it, for a hidden page is
// slowed down.
export async function microseconds(work, owner, signal) {
  step ??= clockStep();
  if (!warm.has(owner)) {
    for (const end = performance.now() + WARM; performance.now() < end; ) {
      batch(work, 1, 10);
      await pause();
      if (signal.aborted) return null;
    }
    warm.add(owner);
  }
  for (let calls = 1; ; calls *= 2) {
    let least = Infinity;
    for (let turn = 0; turn < BATCHES && least > 0; turn += 1) {
      least = Math.min(least, batch(work, calls, 0));
      await pause();
      if (signal.aborted || document.hidden) return null;
      if (least < step * STEPS) break;
    }
    if (least >= step * STEPS) return (least * 1000) / calls;
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
