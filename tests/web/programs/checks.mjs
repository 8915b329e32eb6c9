// act.js's behaviour, in whatever runtime: each function throws where it does not hold.

const CORRUPTED = { NOT_ACTN: 3, VERSION: 4, TRUNCATED: 5, CHECKSUM: 6 };
const STATUS = { SIZE: 10, INPUT_KIND: 11, MEMORY: 9, TOKEN: 12, NOT_FINITE: 13, BUDGET: 14, KERNELS: 16, ...CORRUPTED };
const TOKENS = Array.from("a chain of pointers", (letter) => letter.charCodeAt(0));

function equal(found, wanted, what = "values") {
  const [left, right] = [found, wanted].map((value) => JSON.stringify(value?.length >= 0 ? Array.from(value) : value));
  if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`);
}

function holds(condition, what) {
  if (!condition) throw new Error(what);
}

// One line of a known kind, and of the engine's number where it is the engine's.
function checkError(error, kind, wanted) {
  holds(error instanceof kind, `${error} is no ${kind.name}`);
  if (typeof wanted === "number") equal(error.status, wanted, `status of "${error.message}"`);
  else holds(error.message.includes(wanted), `"${error.message}" has no "${wanted}"`);
  holds(error.message && !error.message.includes("\n"), `not one line: ${error.message}`);
}

function refused(call, kind, wanted) {
  try {
    call();
  } catch (error) {
    return checkError(error, kind, wanted);
  }
  throw new Error(`nothing was refused: ${call}`);
}

async function refusedLater(promise, kind, wanted) {
  let done;
  try {
    done = await promise;
  } catch (error) {
    return checkError(error, kind, wanted);
  }
  throw new Error(`nothing was refused: ${done}`);
}

const bytesOf = async (address) => {
  if (typeof process === "undefined") return new Uint8Array(await (await fetch(address)).arrayBuffer());
  return Uint8Array.from(await process.getBuiltinModule("node:fs/promises").readFile(address));
};

const featuresOf = (model) => Float32Array.from({ length: model.inputSize }, (_, i) => Math.sin(i));

export async function sizes_are_the_models({ act, engine, files }) {
  const charlm = await engine.open(files["charlm-int8"]), parity = await engine.open(files["parity-fp32"]);
  equal([charlm.inputSize, charlm.vocabSize, charlm.outputSize, charlm.stateSize], [0, 256, 256, 256]);
  equal([parity.inputSize, parity.vocabSize, parity.outputSize, parity.stateSize], [16, 0, 1, 128]);
  equal(charlm.layers, [{ hiddenSize: 128, tensors: 2, halting: "act", haltingState: 0 }]);
  equal(parity.layers, [{ hiddenSize: 128, tensors: 1, halting: "act", haltingState: 0 }]);
  holds(charlm.maxPonder > 1 && charlm.haltThreshold === Math.fround(0.99), "M and threshold");
  holds(charlm.contextBytes > 1024 && charlm.contextBytes < 65536, "bytes of a context");
  equal(JSON.parse(charlm.metadata).precision, "int8");
  equal(act.missing(), "");
}

export async function kernels_are_chosen_by_name({ act, engine, files }) {
  const model = await engine.open(files["charlm-int8"]);
  equal(model.kernels, "wasm-simd128");
  const fast = model.context().runTokens(TOKENS);
  model.useKernels("portable");
  equal(model.kernels, "portable");
  const plain = model.context().runTokens(TOKENS);
  equal(fast.ponderSteps, plain.ponderSteps, "N");
  holds(fast.y.every((value, i) => Math.abs(value - plain.y[i]) < 1e-3), "y of both kernels");
  refused(() => model.useKernels("quantum"), act.ActError, STATUS.KERNELS);
  model.useKernels(null);
  equal(model.kernels, "wasm-simd128");
}

export async function a_sequence_is_its_steps({ engine, files }) {
  const model = await engine.open(files["charlm-fp32"]), whole = model.context(), single = model.context();
  const { y, ponderSteps, remainders } = whole.runTokens(TOKENS);
  equal([y.length, ponderSteps.length, remainders.length], [256 * TOKENS.length, TOKENS.length, TOKENS.length]);
  TOKENS.forEach((token, t) => {
    equal(single.stepToken(token), y.subarray(256 * t, 256 * (t + 1)), "y");
    equal([single.ponderSteps(), single.remainder()], [ponderSteps[t], remainders[t]], "N and R");
  });
  equal(single.state, whole.state, "state");
  const hops = await engine.open(files["hops-fp32"]), x = featuresOf(hops), context = hops.context();
  const one = context.step(x), again = context.step(x);
  context.reset();
  equal(context.run([...x, ...x]).y, [...one, ...again], "y of features");
  equal(context.run([]).y, [], "y of no time steps");
}

export async function a_state_is_taken_over({ engine, files }) {
  const model = await engine.open(files["hops-int8"]), x = featuresOf(model);
  const one = model.context(), other = model.context();
  one.step(x);
  const state = one.state;
  other.state = Array.from(state);
  equal(other.step(x), one.step(x));
  holds(one.state.some((value, i) => value !== state[i]), "a state that was read is no view");
  one.reset();
  holds(one.state.every((value) => value === 0), "state after reset");
}

export async function results_are_written_where_asked({ engine, files }) {
  const model = await engine.open(files["charlm-fp32"]), context = model.context(), y = new Float32Array(256);
  holds(context.stepToken(65, y) === y && y.some((value) => value !== 0), "y was written");
  const kept = context.stepToken(66), copy = kept.slice();
  context.stepToken(67);
  equal(kept, copy, "an earlier y");
  refused(() => context.stepToken(65, new Float32Array(255)), RangeError, "y has 255 numbers, not 256");
}

export async function budgets_bound_ponder_steps({ act, engine, files }) {
  const model = await engine.open(files["charlm-fp32"]), context = model.context();
  const most = () => Math.max(...context.runTokens(TOKENS).ponderSteps);
  holds(most() > 2, "N without a budget");
  context.setBudget({ maxPonder: 2 });
  equal(most(), 2, "N within 2");
  context.reset();
  equal(most(), 2, "the budget stays");
  context.setBudget({ haltThreshold: 0 });
  equal(most(), 1, "N at a threshold of 0");
  for (const maxPonder of [0, -1, 1.5, NaN, 2 ** 32 + 1, model.maxPonder + 1]) {
    refused(() => context.setBudget({ maxPonder }), act.ActError, STATUS.BUDGET);
  }
  for (const haltThreshold of [-0.1, 1.1, NaN]) {
    refused(() => context.setBudget({ haltThreshold }), act.ActError, STATUS.BUDGET);
  }
  context.setBudget({});
  holds(most() > 2, "N with the model's own budget");
}

export async function damaged_files_are_refused({ act, engine, files }) {
  const good = await bytesOf(files["charlm-int8"]);
  const expected = (await engine.open(good)).context().stepToken(65);
  const changed = (at, bit = 1) => good.map((byte, i) => (i === at ? byte ^ bit : byte));
  const damaged = async (bytes, status) => refusedLater(engine.open(bytes), act.ActError, status);
  await damaged(good.slice(0, good.length - 64), STATUS.TRUNCATED);
  const memory = engine.memoryBytes;
  for (const length of [0, 1, 7]) await damaged(good.slice(0, length), STATUS.NOT_ACTN);
  for (const length of [8, 63, 100, 1000, good.length - 1]) await damaged(good.slice(0, length), STATUS.TRUNCATED);
  await damaged(new Uint8Array(await new Blob([good, "more"]).arrayBuffer()), STATUS.TRUNCATED);
  await damaged(new TextEncoder().encode("<!doctype html><title>404</title>"), STATUS.NOT_ACTN);
  await damaged(changed(0), STATUS.NOT_ACTN);
  await damaged(changed(8), STATUS.VERSION);
  for (let at = 200; at < good.length; at += Math.ceil(good.length / 40)) {
    await damaged(changed(at, 1 << at % 8), STATUS.CHECKSUM);
  }
  equal((await engine.open(good)).context().stepToken(65), expected, "y after all this");
  holds(engine.memoryBytes - memory <= 2 * good.length, `${memory} bytes became ${engine.memoryBytes}`);
}

export async function bad_inputs_are_refused({ act, engine, files }) {
  const tokens = await engine.open(files["charlm-fp32"]), features = await engine.open(files["hops-fp32"]);
  const reads = tokens.context(), sees = features.context(), x = featuresOf(features);
  reads.stepToken(65);
  sees.step(x);
  const before = [reads.state, sees.state], steps = reads.ponderSteps();
  for (const token of [-1, 256, 2 ** 32, 2 ** 32 + 65, -(2 ** 31) - 1, 1e300]) {
    refused(() => reads.stepToken(token), act.ActError, STATUS.TOKEN);
    refused(() => reads.runTokens([65, token]), act.ActError, STATUS.TOKEN);
  }
  for (const token of [1.5, NaN, "65", undefined]) {
    refused(() => reads.stepToken(token), TypeError, `a token is a whole number, not ${token}`);
    refused(() => reads.runTokens([65, token]), TypeError, "a token is a whole number");
  }
  for (const value of [NaN, Infinity, -Infinity, 1e39, undefined, "pointer"]) {
    refused(() => sees.step([...x.slice(1), value]), act.ActError, STATUS.NOT_FINITE);
    refused(() => sees.run([...x, ...x.slice(1), value]), act.ActError, STATUS.NOT_FINITE);
  }
  refused(() => sees.step(x.slice(1)), RangeError, "x has 79 numbers, not 80");
  refused(() => sees.step(), RangeError, "x has undefined numbers, not 80");
  refused(() => sees.run([...x, 1]), RangeError, "x has 81 numbers, not a multiple of 80");
  refused(() => sees.run({ length: 80 * 2 ** 26 }), act.ActError, STATUS.MEMORY);
  refused(() => sees.stepToken(65), act.ActError, STATUS.INPUT_KIND);
  refused(() => sees.runTokens([65]), act.ActError, STATUS.INPUT_KIND);
  refused(() => reads.step([65]), act.ActError, STATUS.INPUT_KIND);
  refused(() => reads.run([65]), act.ActError, STATUS.INPUT_KIND);
  refused(() => (reads.state = new Float32Array(255)), RangeError, "state has 255 numbers, not 256");
  refused(() => (reads.state = new Float32Array(256).fill(NaN)), act.ActError, STATUS.NOT_FINITE);
  equal([...reads.state], [...before[0]], "the state of tokens");
  equal([...sees.state], [...before[1]], "the state of features");
  equal(reads.ponderSteps(), steps, "N");
  reads.stepToken(66);
}

export async function images_are_answered({ act, engine, files }) {
  const maze = await engine.open(files["maze-fp32"]), context = maze.context(), { channels, height, width } = maze;
  equal([channels, maze.outputSize, maze.pooled, maze.inputSize, maze.vocabSize], [7, 1, false, 0, 0], "sizes");
  holds(height > 5 && width > 5, "the largest sides");
  const image = (rows, columns) => Float32Array.from({ length: channels * rows * columns }, (_, i) => i % 3 & 1);
  const x = image(5, 4), y = context.runImage(x, 5, 4), n = context.ponderSteps();
  equal(y.length, 20, "y");
  holds(n >= 1 && n <= maze.maxPonder, "N");
  context.runImage(image(height, width), height, width);
  equal(context.runImage(Array.from(x), 5, 4), y, "y again: nothing is kept");
  equal(context.ponderSteps(), n, "N again");
  context.setBudget({ maxPonder: 1 });
  context.runImage(x, 5, 4);
  equal(context.ponderSteps(), 1, "N within 1");
  refused(() => context.runImage(x.slice(1), 5, 4), RangeError, `x has ${x.length - 1} numbers, not ${x.length}`);
  refused(() => context.runImage(x, 4, 4), RangeError, `x has ${x.length} numbers, not ${channels * 16}`);
  refused(() => context.runImage(x, 2.5, 8), TypeError, "height and width are whole numbers, not 2.5 and 8");
  refused(() => context.runImage(x, 5), TypeError, "height and width are whole numbers, not 5 and undefined");
  refused(() => context.runImage(image(height + 1, 1), height + 1, 1), act.ActError, STATUS.SIZE);
  refused(() => context.runImage([], 0, 4), act.ActError, STATUS.SIZE);
  refused(() => context.runImage([NaN, ...x.slice(1)], 5, 4), act.ActError, STATUS.NOT_FINITE);
  refused(() => context.step([]), act.ActError, STATUS.INPUT_KIND);
  refused(() => context.run([1]), act.ActError, STATUS.INPUT_KIND);
  const parity = await engine.open(files["parity-fp32"]);
  equal([parity.channels, parity.height, parity.width, parity.pooled], [0, 0, 0, false], "sizes of time steps");
  refused(() => parity.context().runImage(x, 5, 4), act.ActError, STATUS.INPUT_KIND);
}

export async function ten_thousand_steps_take_no_memory({ engine, files }) {
  const context = (await engine.open(files["parity-int8"])).context(), x = featuresOf(context.model);
  context.run([...x, ...x]);
  const memory = engine.memoryBytes;
  for (let i = 0; i < 10_000; i++) context.step(x);
  for (let i = 0; i < 1000; i++) context.run([...x, ...x]);
  equal(engine.memoryBytes, memory, "bytes");
}

export async function two_models_run_at_once({ act, engine, files }) {
  const x = featuresOf({ inputSize: 80 });
  const alone = async (name, run) => run((await (await act.ActEngine.load()).open(files[name])).context());
  const letters = (context) => TOKENS.map((token) => [...context.stepToken(token)]);
  const rows = (context) => TOKENS.map(() => [...context.step(x)]);
  const wanted = [await alone("charlm-fp32", letters), await alone("hops-int8", rows)];
  const one = (await engine.open(files["charlm-fp32"])).context();
  const other = (await engine.open(files["hops-int8"])).context();
  const found = TOKENS.map((token) => [[...one.stepToken(token)], [...other.step(x)]]);
  equal(found.map(([y]) => y), wanted[0], "charlm");
  equal(found.map(([, y]) => y), wanted[1], "hops");
}

export async function models_are_freed({ engine, files }) {
  const bytes = await bytesOf(files["charlm-fp32"]);
  const use = async () => {
    const model = await engine.open(bytes), context = model.context();
    context.runTokens(TOKENS);
    context.close();
    model.close();
  };
  await use();
  const memory = engine.memoryBytes;
  for (let i = 0; i < 40; i++) await use();
  equal(engine.memoryBytes, memory, "bytes");
}

export async function memory_may_grow_between_steps({ engine, files }) {
  const context = (await engine.open(files["parity-fp32"])).context(), x = featuresOf(context.model);
  const y = context.step(x), state = context.state, memory = engine.memoryBytes;
  context.reset();
  await engine.open(files["hops-fp32"]);
  holds(engine.memoryBytes > memory, "the memory grew");
  equal(context.step(x), y, "y");
  equal(context.state, state, "state");
}

export async function what_is_closed_is_refused({ engine, files }) {
  const model = await engine.open(files["parity-fp32"]), x = featuresOf(model);
  const closed = model.context(), open = model.context();
  closed.close();
  closed.close();
  refused(() => closed.step(x), Error, "the context is closed");
  open.step(x);
  model.close();
  model.close();
  for (const use of [() => open.step(x), () => open.state, () => (open.state = new Float32Array(128))]) {
    refused(use, Error, "the model is closed");
  }
  refused(() => model.context(), Error, "the model is closed");
  refused(() => model.kernels, Error, "the model is closed");
  open.close();
  (await engine.open(files["parity-fp32"])).context().step(x);
}

export async function models_come_from_anywhere({ engine, files }) {
  const bytes = await bytesOf(files["parity-fp32"]);
  const within = new Uint8Array(bytes.length + 3);
  within.set(bytes, 3);
  const data = `data:;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  const sources = [
    ...[bytes, bytes.buffer, within.subarray(3), new DataView(within.buffer, 3)],
    ...[new Response(bytes), Promise.resolve(new Response(bytes)), data, new URL(data)],
    files["parity-fp32"],
  ];
  for (const source of sources) equal((await engine.open(source)).inputSize, 16);
  await refusedLater(engine.open("missing.actn"), Error, "missing.actn");
  await refusedLater(engine.open(new Response("none", { status: 404 })), Error, "404");
}

export async function a_damaged_module_is_refused({ act }) {
  await refusedLater(act.ActEngine.load(new Uint8Array(90)), Error, "act.wasm cannot be compiled");
  await refusedLater(act.ActEngine.load("missing.wasm"), Error, "missing.wasm");
}
