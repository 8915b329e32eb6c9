// plan.txt and data.bin, as act-runner reads them: docs/profiling-formats.md. Both come from act-profile itself.

const MAGIC = "ACTDATA1";
const OWN_STATE = 1;
const ARRAYS = { float32: Float32Array, int32: Int32Array };

/** Something that cannot be run here, and not a failure of what was run. */
export class Refused extends Error {}

/**
 * @typedef {{ name: string, dtype: string, shape: number[], size: number }} Tensor of `size` numbers
 * @typedef {{ input: Tensor, output: Tensor, initial: number }} State
 * @typedef {{ target: string, artefact: string, batch: number, inputs: Tensor[], outputs: Tensor[], states: State[],
 *   budgets: Map<string, number> }} Plan
 * @typedef {{ index: number, fresh: boolean, data: Float32Array | Int32Array, state: Float32Array | null }} Call
 */

/** @param {string} text @returns {Plan} */
export function parsePlan(text) {
  const lines = text.split("\n").filter(Boolean).map((line) => line.split(" "));
  const of = (kind) => lines.filter(([word]) => word === kind).map(([, ...words]) => words);
  if (lines[0].join(" ") !== "act-plan 1") throw new Error(`${lines[0].join(" ")}: not a plan`);
  if (of("part").length) throw new Refused("the app drives this artefact's parts: export it as a loop");
  const inputs = of("input").map(tensor), outputs = of("output").map(tensor);
  const named = (tensors, word) => tensors.find(({ name }) => name === decodeURIComponent(word));
  return {
    target: of("target")[0][0],
    artefact: of("artefact")[0][0],
    batch: Number(of("batch")[0][0]),
    inputs,
    outputs,
    states: of("state").map(([input, output, initial]) => ({
      input: named(inputs, input),
      output: named(outputs, output),
      initial: Number(initial),
    })),
    budgets: new Map(of("budget").map(([name, value]) => [decodeURIComponent(name), Number(value)])),
  };
}

function tensor([word, dtype, ...sizes]) {
  const shape = sizes.map(Number);
  if (shape.includes(-1)) throw new Refused("its calls take any number of time steps: export it with a number of them");
  return { name: decodeURIComponent(word), dtype, shape, size: shape.reduce((product, size) => product * size, 1) };
}

/**
 * The calls of data.bin.
 * @param {ArrayBuffer} buffer @param {Plan} plan @returns {Call[]}
 */
export function readCalls(buffer, plan) {
  const view = new DataView(buffer), fed = new Set([...plan.states.map(({ input }) => input.name), ...plan.budgets.keys()]);
  const inputs = plan.inputs.filter(({ name }) => !fed.has(name));
  if (inputs.length !== 1) throw new Refused("it has several inputs of data");
  if (plan.batch !== 1) throw new Refused(`its batch is ${plan.batch}: export it with a batch of 1`);
  if (new TextDecoder().decode(new Uint8Array(buffer, 0, 8)) !== MAGIC) throw new Error("data.bin: not data");
  let at = 16;
  const take = (Numbers, size) => new Numbers(buffer.slice(at, (at += 4 * size)));
  return Array.from({ length: Number(view.getBigUint64(8, true)) }, (_, index) => {
    const own = view.getUint32(at + 4, true) & OWN_STATE, fresh = view.getUint8(at + 8) === 1;
    at += 12; // the byte of one row is padded to four
    const data = take(ARRAYS[inputs[0].dtype], inputs[0].size);
    const state = own ? take(Float32Array, plan.states.reduce((sum, { input }) => sum + input.size, 0)) : null;
    return { index, fresh, data, state };
  });
}
