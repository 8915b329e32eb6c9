// The engine in WebAssembly, and models opened with it.

import { ActEngine, ActError, missing } from "act-engine";
import { checked, isAdaptive, isIterated, parsed } from "page/manifest";
import { Refusal } from "page/refusal";

const MOST_BYTES = 64 << 20; // of a model

// What a model is refused for, by ActStatus (native/engine/act.h), where the page has words for it.
const REASONS = {
  3: "refused.not-actn",
  4: "refused.version",
  5: "refused.damaged",
  6: "refused.damaged",
  7: "refused.damaged",
};

// Raises a Refusal where the browser cannot run the engine.
export async function startEngine() {
  const lacks = missing();
  if (lacks) throw new Refusal(lacks === "WebAssembly" ? "refused.wasm" : "refused.simd");
  const place = JSON.parse(document.getElementById("engine").textContent);
  return ActEngine.load(await fetched(place));
}

// The bytes of a file of the page, or of a data: URL.
export async function fetched(place) {
  let answer;
  try {
    answer = await fetch(place);
  } catch {
    throw new Refusal("refused.fetch", { name: named(place) });
  }
  if (!answer.ok) throw new Refusal("refused.fetch", { name: named(place) });
  return new Uint8Array(await answer.arrayBuffer());
}

const named = (place) => (place.startsWith("data:") ? "data:" : place);

// A model that can be asked.
export class Loaded {
  // Raises a Refusal where the bytes are no model that this engine reads, or not the manifest's.
  static async open(engine, { name, bytes, manifest, golden }) {
    if (bytes.length > MOST_BYTES) throw new Refusal("refused.large", { name });
    let model;
    try {
      model = await engine.open(bytes);
    } catch (error) {
      if (!(error instanceof ActError)) throw error;
      throw new Refusal(REASONS[error.status] ?? "refused.model", { name, reason: error.message });
    }
    try {
      const facts = manifest ? checked(manifest) : checked(parsed(model.metadata, name), true);
      if (facts.sha256) await checkDigest(bytes, facts, name);
      return new Loaded({ name, model, manifest: facts, size: bytes.length, golden });
    } catch (error) {
      model.close();
      throw error;
    }
  }

  constructor({ model, manifest, ...others }) {
    Object.assign(this, { model, manifest, ...others });
    this.adaptive = isAdaptive(manifest);
    this.iterated = isIterated(manifest);
    this.context = model.context();
    this.maxPonder = model.maxPonder;
    this.threshold = model.haltThreshold;
  }

  // Limit the ponder steps from now on; a net that always takes the same number has no limit.
  setBudget({ threshold, maxPonder }) {
    if (this.adaptive) this.context.setBudget({ haltThreshold: threshold, maxPonder });
  }

  // Answer a call of a golden bundle: {y, steps: N by time step and layer}.
  answer({ input, shape, state }, budget = this) {
    this.setBudget(budget);
    if (this.iterated) {
      const [height, width] = shape.slice(-2);
      const y = this.context.runImage(input, height, width);
      return { y, steps: this.model.layers.map((_, layer) => this.context.ponderSteps(layer)) };
    }
    this.context.reset();
    if (state.length) this.context.state = Float32Array.from(state.flatMap((each) => [...each]));
    const { y, ponderSteps } = this.run(input);
    return { y, steps: [...ponderSteps] };
  }

  // A sequence of tokens or features, row by row, that follows what came before.
  run(input) {
    return this.model.vocabSize ? this.context.runTokens(input) : this.context.run(input);
  }

  close() {
    this.context.close();
    this.model.close();
    this.baseline?.close();
  }
}

// Only where the page is served securely, or is a file, does the browser compute digests.
async function checkDigest(bytes, manifest, name) {
  if (!globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...digest].map((each) => each.toString(16).padStart(2, "0")).join("");
  if (hex !== manifest.sha256) throw new Refusal("refused.digest", { name });
}
