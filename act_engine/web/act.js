// act-engine in JavaScript: runs `.actn` files in browsers and in Node. One ES module; act.wasm lies beside it.
//
//   const engine = await ActEngine.load();
//   const model = await engine.open("model.actn");
//   const context = model.context();
//   const y = context.step(x);

/** @typedef {ArrayBuffer | ArrayBufferView<ArrayBuffer>} Bytes */

/**
 * Where bytes come from: themselves, a response or the promise of one, or a URL; in text it is relative to the page,
 * in Node to the working directory.
 * @typedef {Bytes | Response | Promise<Response> | URL | string} Source
 */

/**
 * A layer's halting policy by name, and its state: `tensors` vectors of `hiddenSize`, h and for LSTM c, then
 * `haltingState` numbers that halting keeps.
 * @typedef {{ hiddenSize: number, tensors: number, halting: string, haltingState: number }} Layer
 */

/**
 * A sequence's results, row by row: y (time, outputs), N and R (time, layers).
 * @typedef {{ y: Float32Array, ponderSteps: Int32Array, remainders: Float32Array }} Output
 */

/**
 * act.wasm's functions by name, and its memory.
 * @typedef {Record<string, (...values: number[]) => number> & { memory: WebAssembly.Memory }} Exports
 */

const LINE = 64; // bytes: the alignment of whatever lies in the module's memory
const SCRATCH = 64; // bytes for what functions return through pointers; ActSizes takes 48
const MOST_BYTES = 2 ** 32 - LINE; // of one array: addresses have 32 bits
const OUT_OF_MEMORY = 9; // ACT_MEMORY
const NO_TOKEN = -1; // outside every vocabulary

// A function of SIMD128 instructions alone: a runtime that validates it has them.
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11);

/** Name what this runtime lacks to run the engine: `WebAssembly`, `WebAssembly SIMD`, or empty. */
export function missing() {
  if (typeof WebAssembly === "undefined") return "WebAssembly";
  return WebAssembly.validate(SIMD) ? "" : "WebAssembly SIMD";
}

/** The engine's own account of an error; `status` is the number of its ActStatus. */
export class ActError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.name = "ActError";
    this.status = status;
  }
}

/** The engine: one instance of act.wasm, in whose memory its models lie. */
export class ActEngine {
  #f32 = new Float32Array();
  #i32 = new Int32Array();

  /**
   * Compiles act.wasm, by default the one beside this file.
   * @param {Source} [source]
   */
  static async load(source = new URL("act.wasm", import.meta.url)) {
    const module = await bytesOf(source).then(compiled);
    return new ActEngine(/** @type {Exports} */ ((await WebAssembly.instantiate(module)).exports));
  }

  /** @private @param {Exports} exports */
  constructor(exports) {
    exports._initialize();
    /** @internal @readonly */ this.c = exports;
    /** @internal @readonly */ this.scratch = this.take(SCRATCH);
  }

  /**
   * Opens a model. What is damaged, or no model, is an ActError.
   * @param {Source} source all of an `.actn` file
   */
  async open(source) {
    return new ActModel(this, await bytesOf(source));
  }

  /** Memory of the engine and all that is open in it, in bytes. What is closed is used again, not given back. */
  get memoryBytes() {
    return this.c.memory.buffer.byteLength;
  }

  // The rest is for this file. Memory that grows leaves all arrays on it empty: they are asked for each time.

  /** @internal */
  get f32() {
    if (!this.#f32.length) this.#f32 = new Float32Array(this.c.memory.buffer);
    return this.#f32;
  }

  /** @internal */
  get i32() {
    if (!this.#i32.length) this.#i32 = new Int32Array(this.c.memory.buffer);
    return this.#i32;
  }

  /** @internal @param {number} at @param {number} size */
  bytes(at, size) {
    return new Uint8Array(this.c.memory.buffer, at, size);
  }

  /** @internal @param {number} at a text that ends with a zero */
  text(at) {
    const rest = new Uint8Array(this.c.memory.buffer, at);
    return decoded(rest.subarray(0, rest.indexOf(0)));
  }

  /** @internal @param {number} size of memory, which `give` gives back */
  take(size) {
    const lines = Math.ceil(size / LINE) || 1;
    const at = size < MOST_BYTES ? this.c.aligned_alloc(LINE, lines * LINE) >>> 0 : 0;
    if (!at) this.check(OUT_OF_MEMORY);
    return at;
  }

  /** @internal @param {number} at */
  give(at) {
    this.c.free(at);
  }

  /** @internal @param {number} status */
  check(status) {
    if (status) throw new ActError(status, this.text(this.c.act_message(status)));
  }

  /** @internal @param {number} index the pointer or whole number that a function has put there */
  returned(index = 0) {
    return this.i32[this.scratch / 4 + index];
  }
}

/** A model of an `.actn` file: `engine.open(source)`. It is closed after the last use of its contexts. */
export class ActModel {
  #memory;
  #handle;

  /** @internal @param {ActEngine} engine @param {Uint8Array} file */
  constructor(engine, file) {
    const { c, scratch } = engine;
    /** @readonly */ this.engine = engine;
    this.#memory = engine.take(file.length);
    engine.bytes(this.#memory, file.length).set(file);
    try {
      engine.check(c.act_open_memory(this.#memory, file.length, scratch));
    } catch (error) {
      engine.give(this.#memory);
      throw error;
    }
    this.#handle = engine.returned();
    engine.check(c.act_sizes(this.#handle, scratch));
    /** Features of a time step; 0 where the model reads tokens. @readonly */
    this.inputSize = engine.returned(0);
    /** Tokens are below it; 0 where the model reads features. @readonly */
    this.vocabSize = engine.returned(1);
    /** @readonly */
    this.outputSize = engine.returned(2);
    const layers = engine.returned(3);
    /** The most ponder steps of any layer. @readonly */
    this.maxPonder = engine.returned(4);
    /** The progress at which a time step ends: for act, of the halting sum. @readonly */
    this.haltThreshold = engine.f32[scratch / 4 + 5];
    /** Floats of `ActContext.state`. @readonly */
    this.stateSize = engine.returned(6);
    /** Memory that a context takes, in bytes. @readonly */
    this.contextBytes = engine.returned(7);
    /** Channels of an image; 0 where the model reads time steps, and so are those below. @readonly */
    this.channels = engine.returned(8);
    /** The largest. @readonly */
    this.height = engine.returned(9);
    /** The largest. @readonly */
    this.width = engine.returned(10);
    /** True if an image has one answer, false if each of its places has one. @readonly */
    this.pooled = engine.returned(11) === 1;
    /** @readonly */
    this.layers = Array.from({ length: layers }, (_, index) => this.#layer(index));
  }

  /** @param {number} index @returns {Layer} */
  #layer(index) {
    const { c, scratch } = this.engine;
    this.engine.check(c.act_layer(this.#handle, index, scratch, scratch + 4));
    const hiddenSize = this.engine.returned(0), tensors = this.engine.returned(1);
    this.engine.check(c.act_halting(this.#handle, index, scratch, scratch + 4));
    const halting = this.engine.text(this.engine.returned(0));
    return { hiddenSize, tensors, halting, haltingState: this.engine.returned(1) };
  }

  /** The model's metadata as the exporter wrote it: JSON. */
  get metadata() {
    const { c, scratch } = this.engine;
    this.engine.check(c.act_metadata(this.handle, scratch, scratch + 4));
    return decoded(this.engine.bytes(this.engine.returned(0) >>> 0, this.engine.returned(1)));
  }

  /** The name of the kernels that new contexts use: `wasm-simd128`, or `portable`. */
  get kernels() {
    return this.engine.text(this.engine.c.act_kernels(this.handle));
  }

  /**
   * Uses kernels of a name in contexts made from now on; null for the fastest there are.
   * @param {string | null} name
   */
  useKernels(name) {
    const { engine, handle } = this;
    const text = new TextEncoder().encode(`${name}\0`), at = engine.take(text.length);
    engine.bytes(at, text.length).set(text);
    const status = engine.c.act_use_kernels(handle, name === null ? 0 : at);
    engine.give(at);
    engine.check(status);
  }

  /** A sequence that begins. */
  context() {
    return new ActContext(this);
  }

  /** Gives the model's memory back to the engine. Its contexts can then only be closed. */
  close() {
    if (!this.#handle) return;
    this.engine.c.act_close(this.#handle);
    this.engine.give(this.#memory);
    this.#handle = 0;
  }

  /** @internal */
  get handle() {
    if (!this.#handle) throw new Error("the model is closed");
    return this.#handle;
  }
}

/** One sequence of a model, its state and its budget: `model.context()`. */
export class ActContext {
  #handle;
  #x;
  #y;
  #state;

  /** @internal @param {ActModel} model */
  constructor(model) {
    const { engine, inputSize, outputSize, stateSize } = model;
    /** @readonly */ this.model = model;
    /** @private @readonly */ this.engine = engine;
    engine.check(engine.c.act_context_new(model.handle, engine.scratch));
    this.#handle = engine.returned();
    // Once and for all: time steps take no memory.
    const room = [inputSize, outputSize, stateSize].map((floats) => Math.ceil((4 * floats) / LINE) * LINE);
    try {
      this.#x = engine.take(room[0] + room[1] + room[2]);
    } catch (error) {
      engine.c.act_context_free(this.#handle);
      throw error;
    }
    this.#y = this.#x + room[0];
    this.#state = this.#y + room[1];
  }

  /**
   * One time step of features (inputSize); the result (outputSize) is written into `y`, if given, and returned.
   * @param {ArrayLike<number>} x
   * @param {Float32Array} [y]
   */
  step(x, y = new Float32Array(this.model.outputSize)) {
    sized("y", y, this.model.outputSize);
    if (this.model.inputSize) this.#put("x", x, this.#x, this.model.inputSize);
    this.engine.check(this.engine.c.act_step(this.#open(), this.#x, this.#y));
    return this.#got(y);
  }

  /**
   * One time step of a token.
   * @param {number} token
   * @param {Float32Array} [y]
   */
  stepToken(token, y = new Float32Array(this.model.outputSize)) {
    sized("y", y, this.model.outputSize);
    this.engine.check(this.engine.c.act_step_token(this.#open(), int32(token), this.#y));
    return this.#got(y);
  }

  /**
   * A sequence of features (time, inputSize), row by row, which follows what came before. An error says that
   * nothing was computed.
   * @param {ArrayLike<number>} x
   */
  run(x) {
    const { inputSize } = this.model;
    if (inputSize && x.length % inputSize) {
      throw new RangeError(`x has ${x.length} numbers, not a multiple of ${inputSize}`);
    }
    const time = inputSize ? x.length / inputSize : x.length;
    return this.#sequence("act_run", time, x.length, (at) => this.engine.f32.set(x, at));
  }

  /**
   * The same of tokens.
   * @param {ArrayLike<number>} tokens
   */
  runTokens(tokens) {
    const given = Int32Array.from(tokens, int32);
    return this.#sequence("act_run_tokens", given.length, given.length, (at) => this.engine.i32.set(given, at));
  }

  /**
   * An image (channels, height, width) -> y (height, width, outputSize) or, where answers are pooled, (outputSize).
   * Height and width are from 1 to the model's largest. Nothing is kept from image to image.
   * @param {ArrayLike<number>} x
   * @param {number} height
   * @param {number} width
   */
  runImage(x, height, width) {
    const handle = this.#open(), { engine } = this, { channels, outputSize, pooled } = this.model;
    if (!Number.isInteger(height) || !Number.isInteger(width)) {
      throw new TypeError(`height and width are whole numbers, not ${String(height)} and ${String(width)}`);
    }
    // A model of time steps has no channels, and the engine says so.
    const count = channels * height * width, places = pooled ? 1 : height * width;
    if (channels) sized("x", x, count);
    const outputs = channels ? places * outputSize : 0;
    const at = engine.take(4 * (count + outputs)), y = at + 4 * count;
    try {
      if (channels) engine.f32.set(x, at / 4);
      engine.check(engine.c.act_run_image(handle, at, height, width, y));
      return engine.f32.slice(y / 4, y / 4 + outputs);
    } finally {
      engine.give(at);
    }
  }

  /** N of a layer in the last time step, or image; 0 before the first, and where it skipped. */
  ponderSteps(layer = 0) {
    return this.engine.c.act_ponder_steps(this.#open(), layer);
  }

  /** The figure beside N of a layer in the last time step: for act, R. */
  remainder(layer = 0) {
    return this.engine.c.act_remainder(this.#open(), layer);
  }

  /**
   * Ends time steps at this threshold of halting or after so many ponder steps, whichever is first.
   * @param {{ haltThreshold?: number, maxPonder?: number }} budget what is not given is the model's own
   */
  setBudget({ haltThreshold = this.model.haltThreshold, maxPonder = this.model.maxPonder }) {
    // What is no int32 is no limit either.
    const limit = (maxPonder | 0) === maxPonder ? maxPonder : 0;
    this.engine.check(this.engine.c.act_set_budget(this.#open(), haltThreshold, limit));
  }

  /** Begins a new sequence; the budget stays. */
  reset() {
    this.engine.check(this.engine.c.act_reset(this.#open()));
  }

  /**
   * Layer by layer h, for LSTM c, and what its halting keeps: a copy (stateSize).
   * @type {Float32Array}
   */
  get state() {
    this.engine.check(this.engine.c.act_state_get(this.#open(), this.#state));
    return this.engine.f32.slice(this.#state / 4, this.#state / 4 + this.model.stateSize);
  }

  /** @param {ArrayLike<number>} values */
  set state(values) {
    this.#put("state", values, this.#state, this.model.stateSize);
    this.engine.check(this.engine.c.act_state_set(this.#open(), this.#state));
  }

  /** Gives the context's memory back to the engine. */
  close() {
    if (!this.#handle) return;
    this.engine.c.act_context_free(this.#handle);
    this.engine.give(this.#x);
    this.#handle = 0;
  }

  #open() {
    void this.model.handle;
    if (!this.#handle) throw new Error("the context is closed");
    return this.#handle;
  }

  /** @param {string} name @param {ArrayLike<number>} values @param {number} at @param {number} count */
  #put(name, values, at, count) {
    sized(name, values, count);
    this.#open();
    this.engine.f32.set(values, at / 4);
  }

  /** @param {Float32Array} y */
  #got(y) {
    y.set(this.engine.f32.subarray(this.#y / 4, this.#y / 4 + y.length));
    return y;
  }

  /**
   * @param {"act_run" | "act_run_tokens"} run
   * @param {number} time
   * @param {number} count of inputs, of 4 bytes each
   * @param {(at: number) => void} put writes them, to an index of 4 bytes
   * @returns {Output}
   */
  #sequence(run, time, count, put) {
    const handle = this.#open(), { engine } = this, { outputSize, layers } = this.model;
    const outputs = time * outputSize, rows = time * layers.length;
    const x = engine.take(4 * (count + outputs + 2 * rows));
    const y = x + 4 * count, ponderSteps = y + 4 * outputs, remainders = ponderSteps + 4 * rows;
    try {
      put(x / 4);
      engine.check(engine.c[run](handle, x, time, y, ponderSteps, remainders));
      return {
        y: engine.f32.slice(y / 4, ponderSteps / 4),
        ponderSteps: engine.i32.slice(ponderSteps / 4, remainders / 4),
        remainders: engine.f32.slice(remainders / 4, remainders / 4 + rows),
      };
    } finally {
      engine.give(x);
    }
  }
}

/** @param {Uint8Array} bytes */
const decoded = (bytes) => new TextDecoder().decode(bytes);

/** @param {string} name @param {ArrayLike<number>} values @param {number} count */
function sized(name, values, count) {
  if (values?.length !== count) throw new RangeError(`${name} has ${values?.length} numbers, not ${count}`);
}

/** @param {number} token */
function int32(token) {
  if (!Number.isInteger(token)) throw new TypeError(`a token is a whole number, not ${String(token)}`);
  return (token | 0) === token ? token : NO_TOKEN;
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function compiled(bytes) {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    const needed = "a browser with WebAssembly SIMD is needed (Chrome 91, Firefox 90, Safari 16.4)";
    throw new Error(`act.wasm cannot be compiled: ${needed}: ${message(error)}`);
  }
}

/** @param {Source} source @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function bytesOf(source) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (typeof source === "string" || source instanceof URL) return fetched(String(source));
  return received(await source);
}

/** @param {string} address */
async function fetched(address) {
  const { process } = /** @type {any} */ (globalThis);
  const node = process?.getBuiltinModule; // an import of Node's modules would stop a browser
  const base = node ? node("node:url").pathToFileURL(`${process.cwd()}/`) : globalThis.location?.href;
  const url = new URL(address, base);
  if (node && url.protocol === "file:") return node("node:fs/promises").readFile(url); // fetch refuses these
  const response = await fetch(url).catch((error) => {
    throw new Error(`${address} cannot be fetched: ${message(error)}`);
  });
  return received(response);
}

/** @param {Response} response */
async function received(response) {
  if (!response.ok) throw new Error(`${response.url} cannot be fetched: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** @param {unknown} error */
const message = (error) => (error instanceof Error ? error.message : String(error));
