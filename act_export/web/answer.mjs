// node answer.mjs < JOB > ANSWERS: runs calls of a model by the act.js that it is shipped with.
//
// A job is {"engine": path of act.js, "model": path of .actn, "calls": [{data, shape, state}]}, with the tensors of
// one row; an answer is {y, ponder_steps, remainder, state}.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { engine: place, model: file, calls } = JSON.parse(readFileSync(0, "utf8"));
const { ActEngine } = await import(pathToFileURL(place));
const model = await (await ActEngine.load()).open(readFileSync(file));
const context = model.context();

function answer({ data, shape, state }) {
  if (model.channels) {
    const [height, width] = shape.slice(-2), y = context.runImage(data, height, width);
    const each = (read) => model.layers.map((_, layer) => read(layer));
    return {
      y: [...y],
      ponder_steps: each((layer) => context.ponderSteps(layer)),
      remainder: each((layer) => context.remainder(layer)),
      state: [],
    };
  }
  context.state = state;
  const { y, ponderSteps, remainders } = model.vocabSize ? context.runTokens(data) : context.run(data);
  return { y: [...y], ponder_steps: [...ponderSteps], remainder: [...remainders], state: [...context.state] };
}

process.stdout.write(JSON.stringify(calls.map(answer)));
