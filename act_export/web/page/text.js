// Text through a model that reads bytes and predicts the next one.

import { pause } from "page/element";

export const MOST_BYTES = 1 << 20; // of a text that is read
const SLICE = 12; // milliseconds of work until the browser may breathe
const PART = 32; // bytes in a call

// The bytes of a text, at most MOST_BYTES, and whether it was cut; never within a character.
export function bytesOf(line) {
  // A character has at most three bytes for each unit of a string.
  let bytes = new TextEncoder().encode(line.slice(0, MOST_BYTES));
  const cut = bytes.length > MOST_BYTES || line.length > MOST_BYTES;
  if (bytes.length > MOST_BYTES) {
    let end = MOST_BYTES;
    while ((bytes[end] & 0xc0) === 0x80) end -= 1;
    bytes = bytes.subarray(0, end);
  }
  return { bytes, cut };
}

// Read bytes as one sequence: {steps: N by byte, bits: by byte how much the model was surprised by
// it (0 for the first), next: probabilities of the byte after the last}. null if `signal` ended it;
// `progress` is told the bytes that are done.
export async function read(net, bytes, budget, signal, progress = () => {}) {
  const steps = new Uint16Array(bytes.length);
  const bits = new Float32Array(bytes.length);
  const { context, model } = net;
  let next = null;
  let state = null;
  let from = 0;
  while (from < bytes.length) {
    // Others use the context while this waits.
    net.setBudget(budget);
    if (state === null) context.reset();
    else context.state = state;
    for (const end = performance.now() + SLICE; from < bytes.length && performance.now() < end; ) {
      const part = bytes.subarray(from, from + PART);
      const { y, ponderSteps } = net.run(part);
      for (let at = 0; at < part.length; at += 1) {
        for (let layer = 0; layer < model.layers.length; layer += 1) {
          steps[from + at] += ponderSteps[at * model.layers.length + layer];
        }
        if (next) bits[from + at] = -Math.log2(next[part[at]]);
        next = softmax(y.subarray(at * model.outputSize, (at + 1) * model.outputSize));
      }
      from += part.length;
    }
    state = context.state;
    progress(from);
    if (from < bytes.length) await pause();
    if (signal.aborted) return null;
  }
  return { steps, bits, next };
}

function softmax(logits) {
  let most = -Infinity;
  for (const each of logits) most = Math.max(most, each);
  const shares = Float32Array.from(logits, (each) => Math.exp(each - most));
  const sum = shares.reduce((all, each) => all + each, 0);
  return shares.map((each) => each / sum);
}

// The characters of the first bytes of a text: [{character, steps: the most of its bytes, bits: of
// all of them}].
export function* characters(line, { steps, bits }, most) {
  let at = 0;
  let count = 0;
  for (const character of line) {
    const size = new TextEncoder().encode(character).length;
    if (at + size > steps.length || count === most) return;
    let [top, sum] = [0, 0];
    for (let byte = at; byte < at + size; byte += 1) {
      top = Math.max(top, steps[byte]);
      sum += bits[byte];
    }
    yield { character, steps: top, bits: sum };
    at += size;
    count += 1;
  }
}

// Kinds of bytes, as the task tells them apart (act_mobile/tasks/charlm.py).
export const KINDS = ["letter", "capital", "space", "line", "other"];

export function kindOf(byte) {
  if (byte >= 97 && byte <= 122) return 0;
  if (byte >= 65 && byte <= 90) return 1;
  if (byte === 32) return 2;
  return byte === 10 ? 3 : 4;
}

// The mean N of each kind, null where there is none.
export function meansByKind(bytes, steps) {
  const sums = KINDS.map(() => [0, 0]);
  for (const [at, byte] of bytes.entries()) {
    const sum = sums[kindOf(byte)];
    sum[0] += steps[at];
    sum[1] += 1;
  }
  return sums.map(([sum, count]) => (count ? sum / count : null));
}

export const mean = (values, from = 0) => {
  let sum = 0;
  for (let at = from; at < values.length; at += 1) sum += values[at];
  return values.length > from ? sum / (values.length - from) : null;
};
