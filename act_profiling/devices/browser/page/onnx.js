// ONNX artefacts in onnxruntime-web: its WebAssembly build, one thread.

import { Called } from "./called.js";
import { Refused } from "./plan.js";

const FOLDER = new URL("packages/onnxruntime-web/dist/", import.meta.url);

export async function open(plan, artefact) {
  const ort = await import(new URL("ort.wasm.min.mjs", FOLDER));
  ort.env.wasm.wasmPaths = FOLDER.href;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(artefact).catch((error) => {
    throw new Refused(error.message);
  });
  return new Called(plan, "WebAssembly, one thread", async (inputs, read) => {
    const feeds = inputs.map(({ name, dtype, shape, data }) => [name, new ort.Tensor(dtype, data, shape)]);
    const found = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(read.map((name) => [name, found[name].data]));
  });
}
