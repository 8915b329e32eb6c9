// TFLite artefacts in LiteRT.js: its WebAssembly build, on the CPU.

import { Called } from "./called.js";
import { Refused } from "./plan.js";

const FOLDER = new URL("packages/@litertjs/core/", import.meta.url);

let runtime; // it can be loaded once

export async function open(plan, artefact) {
  const { loadAndCompile, loadLiteRt, Tensor } = await import(new URL("dist/index.js", FOLDER));
  await (runtime ??= loadLiteRt(new URL("wasm/", FOLDER).href));
  const model = await loadAndCompile(artefact, { accelerator: "wasm" }).catch((error) => {
    throw new Refused(error.message);
  });
  return new Called(plan, "WebAssembly", async (inputs, read) => {
    const given = inputs.map(({ name, shape, data }) => [name, new Tensor(data, shape)]);
    const answer = await model.run(Object.fromEntries(given)), found = {};
    for (const name of read) found[name] = (await answer[name].data()).slice();
    for (const tensor of Object.values(answer)) tensor.delete();
    for (const [, tensor] of given) tensor.delete();
    return found;
  });
}
