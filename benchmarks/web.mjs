// The page of web.py: the engine, onnxruntime-web and LiteRT.js, timed in turns.
//
// The job: {"files": {SUBJECT: address}, "subjects": {SUBJECT: [runtime, model]}, "models": {MODEL:
// {"tokens": bool, "width", "values": (steps x width), "states": {name: size}}}, "turns"}. A model of tokens takes
// them as one sequence; of features every time step is a sequence of its own, from a state of zeros.
//
// A runtime is a function of a model's file that returns a function of its rows: it runs them, and `first` begins a
// sequence.

import { ActEngine } from "/engine/act.js";
import { send } from "/programs/page.mjs";

const WARM_MS = 300; // the first thousand calls run in the baseline compiler
const WARM_STEPS = 8;
const CHUNK_US = 500; // short enough to be left alone in some turn, long for a clock of 5 us

async function engine(file, { tokens }) {
  const loaded = await ActEngine.load();
  const context = (await loaded.open(file)).context(), y = new Float32Array(context.model.outputSize);
  return (rows, first, seen) => {
    if (first) context.reset();
    for (const row of rows) {
      if (tokens) context.stepToken(row[0], y);
      else context.reset(), context.step(row, y);
      seen?.(context.ponderSteps());
    }
  };
}

async function onnxruntime(file, { tokens, states }) {
  const ort = await import("/packages/onnxruntime-web/dist/ort.wasm.min.mjs");
  ort.env.wasm.wasmPaths = "/packages/onnxruntime-web/dist/";
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(file);
  const zeros = Object.entries(states).map(([name, size]) => [
    name,
    new ort.Tensor("float32", new Float32Array(size), [1, size]),
  ]);
  let state;
  return async (rows, first, seen) => {
    if (first) state = Object.fromEntries(zeros);
    for (const row of rows) {
      const x = tokens ? new ort.Tensor("int32", row, [1]) : new ort.Tensor("float32", row, [1, row.length]);
      const answer = await session.run({ [tokens ? "tokens" : "x"]: x, ...state });
      if (tokens) for (const name in states) state[name] = answer[`${name}_out`];
      seen?.(answer.ponder_steps.data[0]);
    }
  };
}

let liteRt;

async function litert(file, { tokens, states }) {
  const { loadAndCompile, loadLiteRt, Tensor } = await import("/packages/@litertjs/core/dist/index.js");
  await (liteRt ??= loadLiteRt("/packages/@litertjs/core/wasm/"));
  const model = await loadAndCompile(file, { accelerator: "wasm" });
  const zeros = () =>
    Object.entries(states).map(([name, size]) => [name, new Tensor(new Float32Array(size), [1, size])]);
  let state = {};
  return async (rows, first, seen) => {
    if (first) {
      for (const tensor of Object.values(state)) tensor.delete();
      state = Object.fromEntries(zeros());
    }
    for (const row of rows) {
      const x = new Tensor(row, tokens ? [1] : [1, row.length]);
      const answer = await model.run({ [tokens ? "tokens" : "x"]: x, ...state });
      await answer.y.data();
      seen?.((await answer.ponder_steps.data())[0]);
      for (const [name, tensor] of Object.entries(answer)) {
        const input = name.replace(/_out$/, "");
        if (!tokens || !(input in state)) tensor.delete();
        else state[input].delete(), (state[input] = tensor);
      }
      x.delete();
    }
  };
}

const RUNTIMES = { engine, onnxruntime, litert };

async function microseconds(run) {
  const start = performance.now();
  await run();
  return 1e3 * (performance.now() - start);
}

// A model's inputs, row by row.
function rowsOf({ tokens, width, values }) {
  const Row = tokens ? Int32Array : Float32Array;
  return Array.from({ length: values.length / width }, (_, i) => Row.from(values.slice(i * width, (i + 1) * width)));
}

// The least microseconds of a time step, once it has run for a while.
async function warmUp(run, rows) {
  let least = Infinity;
  for (let us = 0; us < 1e3 * WARM_MS; ) {
    const took = await microseconds(() => run(rows, true));
    us += took;
    least = Math.min(least, took / rows.length);
  }
  return least;
}

// The rows in chunks of one size, as long as CHUNK_US allows.
function chunksOf(rows, us) {
  let size = Math.max(1, Math.min(rows.length, Math.floor(CHUNK_US / us)));
  while (rows.length % size) size--;
  return Array.from({ length: rows.length / size }, (_, i) => rows.slice(i * size, (i + 1) * size));
}

export async function serve() {
  const job = await (await fetch("/job.json")).json();
  const subjects = [];
  for (const [name, [runtime, key]] of Object.entries(job.subjects)) {
    const run = await RUNTIMES[runtime](job.files[name], job.models[key]), rows = rowsOf(job.models[key]);
    let total = 0;
    await run(rows, true, (n) => (total += n));
    subjects.push({ name, run, rows, n: total / rows.length });
  }
  for (const subject of subjects) {
    subject.chunks = chunksOf(subject.rows, await warmUp(subject.run, subject.rows.slice(0, WARM_STEPS)));
    subject.us = subject.chunks.map(() => []);
  }
  for (let turn = 0; turn < job.turns; turn++) {
    for (const { run, chunks, us } of turn % 2 ? subjects.toReversed() : subjects) {
      for (const [i, rows] of chunks.entries()) us[i].push(await microseconds(() => run(rows, i === 0)));
    }
  }
  const done = subjects.map(({ name, n, us }) => [name, { n, us }]);
  const fetched = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
  await send({ agent: navigator.userAgent, isolated: crossOriginIsolated, subjects: Object.fromEntries(done), fetched });
}
