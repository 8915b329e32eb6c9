// Does a job: answers the golden calls of models and runs the checks, in whatever runtime.
//
// A job is {"files": {NAME: address}, "calls": {NAME: [{tensor: {dtype, shape, data}}]}}; the answer is
// {"golden": {NAME: {"answers": [...]} or {"refused": text}}, "checks": {NAME: text, empty where it holds}}.

const tensor = (data, width = data.length) => ({
  dtype: data instanceof Int32Array ? "int32" : "float32",
  shape: width === data.length ? [1, width] : [data.length / width, width],
  data,
});

// The state's tensors in the engine's order: h0, c0, h1, c1, ..., and what halting keeps.
function stateNames(model) {
  return model.layers.flatMap(({ hiddenSize, tensors, haltingState }, layer) => [
    ...["h", "c"].slice(0, tensors).map((name) => [`${name}${layer}`, hiddenSize]),
    ...(haltingState ? [[`u${layer}`, haltingState]] : []),
  ]);
}

// y of an image, one answer to each of its places or to all.
function imageAnswer(model, context, { shape, data }) {
  const [height, width] = shape.slice(2), y = context.runImage(data, height, width);
  const places = model.pooled ? [] : [height, width];
  return { dtype: "float32", shape: [1, ...places, model.outputSize], data: y };
}

// A golden call as a time step of the engine, or an image.
function call(model, context, inputs) {
  const names = stateNames(model), layers = model.layers.map((_, layer) => layer);
  if (!model.channels) context.state = names.flatMap(([name]) => [...inputs[name].data]);
  const step = () => tensor(model.vocabSize ? context.stepToken(inputs.tokens.data[0]) : context.step(inputs.x.data));
  const answer = {
    y: model.channels ? imageAnswer(model, context, inputs.x) : step(),
    ponder_steps: tensor(Int32Array.from(layers, (layer) => context.ponderSteps(layer))),
    remainder: tensor(Float32Array.from(layers, (layer) => context.remainder(layer))),
  };
  if (model.channels) return answer; // an image leaves no state
  const state = context.state;
  let at = 0;
  for (const [name, size] of names) answer[`${name}_out`] = tensor(state.slice(at, (at += size)));
  return answer;
}

export async function doJob(job, { act, calls, checks, version }) {
  const engine = await act.ActEngine.load();
  const golden = {};
  for (const [name, asked] of Object.entries(job.calls)) {
    const part = { name: "", inputs: Object.keys(asked[0]) };
    const load = async () => {
      const model = await engine.open(job.files[name]), context = model.context();
      return (_, inputs) => call(model, context, inputs);
    };
    golden[name] = await calls.answer({ files: {}, parts: [part], calls: asked }, version, load);
  }
  const found = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check({ act, engine: await act.ActEngine.load(), files: job.files });
      found[name] = "";
    } catch (error) {
      found[name] = String(error?.stack ?? error);
    }
  }
  return { version, golden, checks: found };
}
