// The golden bundle of an export (act_artefact/golden.py): calls and the answers that they must have.

import { pause } from "page/element";
import { readNpz } from "page/npz";
import { Refusal } from "page/refusal";

const MOST_CALLS = 1024;
const ON_THRESHOLD = "ponder_steps.on_threshold";
const TOLERANCE = ".tolerance";

// The calls of a bundle: [{input, shape, state, y, allowed, steps, mayDiffer}]. Raises a Refusal.
export async function readGolden(bytes, manifest, name) {
  const arrays = await readNpz(bytes, name);
  const data = manifest.inputs[0].name;
  const count = arrays.get(data)?.shape[0] ?? 0;
  const states = manifest.states.map((pair) => pair.input);
  const needed = [data, ...states, "y", `y${TOLERANCE}`, "ponder_steps", ON_THRESHOLD];
  const whole = needed.every((each) => arrays.get(each)?.shape[0] === count);
  if (!whole || count < 1 || count > MOST_CALLS) throw new Refusal("refused.golden", { name });
  const row = (each, call) => {
    const { data: values } = arrays.get(each);
    const size = values.length / count;
    return values.subarray(call * size, (call + 1) * size);
  };
  return Array.from({ length: count }, (_, call) => ({
    input: row(data, call),
    shape: arrays.get(data).shape.slice(2),
    state: states.map((each) => row(each, call)),
    y: row("y", call),
    allowed: row(`y${TOLERANCE}`, call),
    steps: row("ponder_steps", call),
    mayDiffer: row(ON_THRESHOLD, call),
  }));
}

// Ask a model every call. Yields for each {steps: N by time step and layer, right}, and lets the
// browser breathe between them; ends with `signal`, with which the model may be closed.
export async function* answers(loaded, calls, signal) {
  for (const call of calls) {
    if (signal.aborted) return;
    const { y, steps } = loaded.answer(call);
    const same = steps.every((each, at) => each === call.steps[at]);
    const allowed = steps.every((each, at) => each === call.steps[at] || call.mayDiffer[at]);
    const near = y.every((each, at) => Math.abs(each - call.y[at]) <= call.allowed[at]);
    // Another N is another state: its outputs are not compared.
    yield { steps, right: allowed && (near || !same), y };
    await pause();
  }
}
