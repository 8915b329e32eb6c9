// The page of web.py: the engine, onnxruntime-web and LiteRT.js, timed in turns.
//
// The job: {"files": {SUBJECT: address}, "subjects": {SUBJECT: [runtime, model]}, "models": {MODEL:
// {"tokens": bool, "width", "values": (steps x width), "states": {name: size}}}, "turns"}. A model of tokens takes
// them as one sequence; of features every time step is a sequence of its own, from a state of zeros.

import { ActEngine } from "/engine/act.js";
import { send } from "/programs/page.mjs";

const WARM_MS = 300; // the first thousand calls run in the baseline compiler

async function engine(file, { tokens, rows }) {
  const loaded = await ActEngine.load();
  const context = (await loaded.open(file)).context(), y = new Float32Array(context.model.outputSize);
  return (seen) => {
    context.reset();
    for (const row of rows) {
      if (tokens) context.stepToken(row[0], y);
      else context.reset(), context.step(row, y);
      seen?.(context.ponderSteps());
    }
  };
}

async function onnxruntime(file, { tokens, rows, states }) {
  const ort = await import("/packages/onnxruntime-web/dist/ort.wasm.min.mjs");
  ort.env.wasm.wasmPaths = "/packages/onnxruntime-web/dist/";
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(file);
  const zeros = Object.entries(states).map(([name, size]) => [name, new ort.Tensor("float32", new Float32Array(size), [1, size])]);
  const xs = rows.map((row) => (tokens ? new ort.Tensor("int32", row, [1]) : new ort.Tensor("float32", row, [1, row.length])));
  return async (seen) => {
    const state = Object.fromEntries(zeros);
    for (const x of xs) {
      const answer = await session.run({ [tokens ? "tokens" : "x"]: x, ...state });
      if (tokens) for (const name in states) state[name] = answer[`${name}_out`];
      seen?.(answer.ponder_steps.data[0]);
    }
  };
}

let liteRt;

async function litert(file, { tokens, rows, states }) {
  const { loadAndCompile, loadLiteRt, Tensor } = await import("/packages/@litertjs/core/dist/index.js");
  await (liteRt ??= loadLiteRt("/packages/@litertjs/core/wasm/"));
  const model = await loadAndCompile(file, { accelerator: "wasm" });
  const zeros = () => Object.entries(states).map(([name, size]) => [name, new Tensor(new Float32Array(size), [1, size])]);
  const xs = rows.map((row) => (tokens ? new Tensor(row, [1]) : new Tensor(row, [1, row.length])));
  return async (seen) => {
    const state = Object.fromEntries(zeros());
    for (const x of xs) {
      const answer = await model.run({ [tokens ? "tokens" : "x"]: x, ...state });
      await answer.y.data();
      seen?.((await answer.ponder_steps.data())[0]);
      for (const [name, tensor] of Object.entries(answer)) {
        const input = name.replace(/_out$/, "");
        if (!tokens || !(input in state)) tensor.delete();
        else state[input].delete(), (state[input] = tensor);
      }
    }
    for (const tensor of Object.values(state)) tensor.delete();
  };
}

const RUNTIMES = { engine, onnxruntime, litert };

async function milliseconds(pass) {
  const start = performance.now();
  await pass();
  return performance.now() - start;
}

export async function serve() {
  const job = await (await fetch("/job.json")).json();
  for (const model of Object.values(job.models)) {
    const rows = Array.from({ length: model.values.length / model.width }, (_, i) => model.values.slice(i * model.width, (i + 1) * model.width));
    model.rows = rows.map((row) => (model.tokens ? Int32Array.from(row) : Float32Array.from(row)));
  }
  const subjects = [];
  for (const [name, [runtime, key]] of Object.entries(job.subjects)) {
    const model = job.models[key], pass = await RUNTIMES[runtime](job.files[name], model);
    let total = 0;
    await pass((n) => (total += n));
    subjects.push({ name, pass, steps: model.rows.length, n: total / model.rows.length, us: [] });
  }
  for (const { pass } of subjects) for (let spent = 0; spent < WARM_MS; ) spent += await milliseconds(pass);
  for (let turn = 0; turn < job.turns; turn++) {
    for (const { pass, steps, us } of turn % 2 ? subjects.toReversed() : subjects) us.push((1e3 * (await milliseconds(pass))) / steps);
  }
  const done = subjects.map(({ name, n, us }) => [name, { n, us }]);
  const fetched = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
  await send({ agent: navigator.userAgent, subjects: Object.fromEntries(done), fetched });
}
