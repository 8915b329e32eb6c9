// Answers golden calls in JavaScript; calls.py describes the job and the answers.

const ARRAYS = { float32: Float32Array, int32: Int32Array };

// Raises where the runtime returns a type that the manifest does not have.
export function encode({ dtype, shape, data }) {
  if (!(data instanceof ARRAYS[dtype])) throw new Error(`not a tensor of ${dtype}`);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { dtype, shape: Array.from(shape), data: btoa(text) };
}

export function decode({ dtype, shape, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return { dtype, shape, data: new ARRAYS[dtype](bytes.buffer) };
}

// The driver of docs/forms.md; an artefact of one piece is a part that is called once.
async function drive(parts, given, call) {
  const values = { ...given };
  const returned = {};
  for (const part of parts) {
    const { repeat } = part;
    const due = () => {
      const limit = repeat.threshold;
      const threshold = typeof limit === "string" ? values[limit].data[0] : limit;
      return values[repeat.progress].data[0] < threshold;
    };
    while (!repeat || due()) {
      const inputs = Object.fromEntries(part.inputs.map((name) => [name, values[name]]));
      const answer = await call(part.name, inputs);
      Object.assign(returned, answer);
      for (const [name, value] of Object.entries(answer)) {
        if (name.endsWith("_out")) values[name.slice(0, -"_out".length)] = value;
      }
      if (!repeat) break;
    }
  }
  return returned;
}

// `load` makes of the job's files a function of a part's name and inputs; tensors are
// {dtype, shape, data}.
export async function answer(job, version, load) {
  const done = { version };
  try {
    const call = await load(job.files);
    done.answers = [];
    for (const values of job.calls) {
      const given = Object.entries(values).map(([name, tensor]) => [name, decode(tensor)]);
      const found = Object.entries(await drive(job.parts, Object.fromEntries(given), call));
      done.answers.push(Object.fromEntries(found.map(([name, tensor]) => [name, encode(tensor)])));
    }
  } catch (error) {
    done.refused = String(error?.message ?? error);
  }
  return done;
}
