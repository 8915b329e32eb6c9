// The page of web.py: the engine, onnxruntime-web and LiteRT.js, timed in turns.
//
// The job: {"files": {SUBJECT: address}, "subjects": {SUBJECT: [runtime, model]}, "models": {MODEL:
// {"tokens": bool, "width", "values": (steps x width), "states": {name: size}}}, "turns", "chunk"}. A model of tokens
// takes them as one sequence; of features every time step is a sequence of its own, from a state of zeros.
//
// A runtime is a function of a model's file that returns a function of its rows: it runs them, and `first` begins a
// sequence.

import { ActEngine } from "/engine/act.js";
import { send } from "/programs/page.mjs";

const WARM_MS = 300; // the first thousand calls run in the baseline compiler

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

// Rows of a model's inputs, in chunks.
function chunksOf({ tokens, width, values }, size) {
  const Row = tokens ? Int32Array : Float32Array, chunks = [];
  for (let at = 0; at < values.length; at += width * size) {
    const rows = [];
    for (let i = at; i < at + width * size; i += width) rows.push(Row.from(values.slice(i, i + width)));
    chunks.push(rows);
  }
  return chunks;
}

export async function serve() {
  const job = await (await fetch("/job.json")).json();
  const subjects = [];
  for (const [name, [runtime, key]] of Object.entries(job.subjects)) {
    const run = await RUNTIMES[runtime](job.files[name], job.models[key]);
    const chunks = chunksOf(job.models[key], job.chunk);
    let total = 0;
    for (const [i, rows] of chunks.entries()) await run(rows, i === 0, (n) => (total += n));
    subjects.push({ name, run, chunks, n: total / chunks.flat().length, us: chunks.map(() => []) });
  }
  for (const { run, chunks } of subjects) {
    for (let us = 0; us < 1e3 * WARM_MS; ) us += await microseconds(() => run(chunks[0], true));
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
