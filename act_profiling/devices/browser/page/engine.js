// The native engine as WebAssembly: act.js behind what measure.js calls.

import { ActEngine, ActError } from "./act.js";
import { Refused } from "./plan.js";

/**
 * Loads the engine and opens a plan's artefact.
 * @param {import("./plan.js").Plan} plan @param {string} artefact its address
 */
export async function open(plan, artefact) {
  try {
    return new Session(plan, await (await ActEngine.load()).open(artefact));
  } catch (error) {
    throw error instanceof ActError ? new Refused(error.message) : error;
  }
}

class Session {
  #plan;
  #context;
  #single;
  #image;
  #answer;

  constructor(plan, model) {
    this.#plan = plan;
    this.#context = model.context();
    // Height and width, where the model reads images.
    this.#image = model.channels ? plan.inputs[0].shape.slice(-2) : null;
    this.#check(model);
    if (plan.budgets.size) {
      const haltThreshold = plan.budgets.get("halt_threshold"), maxPonder = plan.budgets.get("max_ponder");
      this.#context.setBudget({ haltThreshold, maxPonder });
    }
    const [y, ponderSteps] = plan.outputs;
    // A call of one time step has the engine's functions for one: nothing is allocated. N and R of an image are asked
    // as those of a time step are.
    this.#single = ponderSteps.size === model.layers.length;
    this.#answer = { y: new Float32Array(y.size), ponderSteps: null, remainders: null };
    this.name = model.kernels;
  }

  /** The plan's tensors are the model's: sizes, and the state that a sequence begins with. */
  #check(model) {
    const [y, ponderSteps] = this.#plan.outputs, steps = ponderSteps.size / model.layers.length;
    const places = this.#image && !model.pooled ? this.#image[0] * this.#image[1] : 1;
    const initial = this.#plan.states.flatMap(({ input, initial }) => Array(input.size).fill(initial));
    const state = this.#context.state;
    if (y.size !== model.outputSize * steps * places) throw new Refused("its outputs are of another size than the manifest says");
    if (state.length !== initial.length || state.some((value, i) => value !== initial[i])) {
      throw new Refused("its state is another than the manifest says");
    }
  }

  /** Begins where a call does: a sequence's beginning, a state of its own, or nothing where it follows. */
  begin(call) {
    if (call.state) this.#context.state = call.state;
    else if (call.fresh) this.#context.reset();
  }

  get state() {
    return this.#context.state;
  }

  /** Runs a call: its time steps, or its image. */
  run({ data }) {
    const context = this.#context, answer = this.#answer, tokens = context.model.vocabSize > 0;
    if (this.#image) answer.y = context.runImage(data, ...this.#image);
    else if (this.#single) {
      if (tokens) context.stepToken(data[0], answer.y);
      else context.step(data, answer.y);
    } else Object.assign(answer, tokens ? context.runTokens(data) : context.run(data));
  }

  /** N of the call that was just run, over its time steps and layers. */
  get ponderSteps() {
    return this.#counts().reduce((sum, n) => sum + n, 0);
  }

  #counts() {
    if (!this.#single) return this.#answer.ponderSteps;
    return Int32Array.from(this.#context.model.layers, (_, layer) => this.#context.ponderSteps(layer));
  }

  /** All outputs of the call that was just run, by their names in the plan. */
  get answer() {
    const context = this.#context, { y, remainders } = this.#answer;
    const [yName, stepsName, remainderName] = this.#plan.outputs.map(({ name }) => name);
    const found = {
      [yName]: y,
      [stepsName]: this.#counts(),
      [remainderName]: remainders ?? Float32Array.from(context.model.layers, (_, layer) => context.remainder(layer)),
    };
    const state = context.state;
    let at = 0;
    for (const { output } of this.#plan.states) found[output.name] = state.subarray(at, (at += output.size));
    return found;
  }

  /** Runs a call so many times, each from where it begins. */
  repeat(call, count) {
    for (let i = 0; i < count; i++) {
      this.begin(call);
      this.run(call);
    }
  }
}
