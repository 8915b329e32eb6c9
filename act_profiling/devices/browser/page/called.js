// What sessions of the two runtimes have in common: tensors by name go in and come out, by a function that may wait.

/** A plan's artefact behind what measure.js calls. */
export class Called {
  #plan;
  #call;
  #initial;
  #state;
  #answer;
  #budgets;

  /**
   * @param {import("./plan.js").Plan} plan @param {string} name of what runs it
   * @param {(inputs: { name: string, dtype: string, shape: number[], data: Float32Array | Int32Array }[],
   *   read: string[]) => Promise<Record<string, Float32Array | Int32Array>>} call returns the outputs to `read`
   */
  constructor(plan, name, call) {
    this.name = name;
    this.#plan = plan;
    this.#call = call;
    this.#initial = Float32Array.from(plan.states.flatMap(({ input, initial }) => Array(input.size).fill(initial)));
    this.#state = this.#initial;
    this.#budgets = plan.inputs.filter(({ name }) => plan.budgets.has(name)).map((tensor) => ({
      ...tensor,
      data: (tensor.dtype === "int32" ? Int32Array : Float32Array).of(plan.budgets.get(tensor.name)),
    }));
    const fed = new Set([...plan.states.map(({ input }) => input), ...plan.inputs.filter(({ name }) => plan.budgets.has(name))]);
    this.data = plan.inputs.find((tensor) => !fed.has(tensor));
  }

  begin(call) {
    if (call.state) this.#state = call.state;
    else if (call.fresh) this.#state = this.#initial;
  }

  get state() {
    return this.#state.slice();
  }

  #inputs({ data }) {
    let at = 0;
    const states = this.#plan.states.map(({ input }) => ({ ...input, data: this.#state.slice(at, (at += input.size)) }));
    return [{ ...this.data, data }, ...states, ...this.#budgets];
  }

  async run(call) {
    this.#answer = await this.#call(this.#inputs(call), this.#plan.outputs.map(({ name }) => name));
    this.#state = Float32Array.from(this.#plan.states.flatMap(({ output }) => [...this.#answer[output.name]]));
  }

  get ponderSteps() {
    return this.#answer[this.#plan.outputs[1].name].reduce((sum, n) => sum + n, 0);
  }

  get answer() {
    return this.#answer;
  }

  /** Runs a call so many times; y and N are read each time, as an app does. */
  async repeat(call, count) {
    const read = this.#plan.outputs.slice(0, 2).map(({ name }) => name);
    for (let i = 0; i < count; i++) {
      this.begin(call);
      this.#answer = await this.#call(this.#inputs(call), read);
    }
  }
}
