// The page of `act-profile --device browser`: says what it is, then does one job after the other and posts the results.

import { missing } from "./act.js";
import { parsePlan, readCalls, Refused } from "./plan.js";
import { answerAll, clockStep, timeBatches } from "./measure.js";

const RUNTIMES = {
  native: () => import("./engine.js"),
  onnx: () => import("./onnx.js"),
  tflite: () => import("./tflite.js"),
};
const TELL_MS = 1000;
const HIDDEN_MS = 5000; // browsers make it a minute where a page is hidden for long

const ID = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const element = (id) => document.getElementById(id);

/** The server has another page, or no interest in what this one does. */
class Left extends Error {}

async function ask(path, body) {
  const response = await fetch(`${path}?page=${ID}`, body === undefined ? {} : { method: "POST", body });
  if (response.status === 410) throw new Left("another page has taken over");
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

function show(text, part = 0) {
  element("state").textContent = text;
  element("progress").value = part;
}

// Watches that the page is seen; a browser slows down one that is not.
const sight = { hidden: false };
const look = () => (sight.hidden ||= document.visibilityState === "hidden");
document.addEventListener("visibilitychange", look);

async function seen() {
  while (document.visibilityState === "hidden") {
    await ask("alive", "");
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true });
      setTimeout(resolve, HIDDEN_MS);
    });
  }
}

/** Tells the server once in a while that the page is alive, and those who look at it. */
function teller(text) {
  let last = performance.now();
  return async (part) => {
    look();
    if (performance.now() - last < TELL_MS) return;
    show(text, part);
    await ask("alive", "");
    last = performance.now();
  };
}

async function work(job) {
  const folder = `jobs/${job.number}`, text = `Run ${job.number}: keep this page in front.`;
  show(text);
  await seen();
  sight.hidden = false;
  const plan = parsePlan(await (await ask(`${folder}/plan.txt`)).text());
  const calls = readCalls(await (await ask(`${folder}/data.bin`)).arrayBuffer(), plan);
  const step = clockStep(), start = performance.now();
  const { open } = await RUNTIMES[plan.target]();
  const session = await open(plan, `${folder}/${plan.artefact}?page=${ID}`);
  const initMs = performance.now() - start;
  const outputs = job.keep === "all" ? plan.outputs : plan.outputs.slice(1, 3);
  const { rows, byN, firstMs } = await answerAll(session, calls, outputs, !plan.states.length, teller(text));
  const timed = job.timed ? await timeBatches(session, byN, job, step, teller(text)) : { warmupMs: 0, batches: [] };
  await ask(`rows/${job.number}`, rows.bytes);
  look();
  return {
    runtime: session.name,
    clock_ns: 1e6 * step,
    init_ns: 1e6 * initMs,
    first_ns: 1e6 * firstMs,
    warmup_ns: 1e6 * timed.warmupMs,
    batches: timed.batches,
    hidden: sight.hidden,
  };
}

async function done(job) {
  try {
    return await work(job);
  } catch (error) {
    if (error instanceof Left) throw error;
    return { error: String(error?.message ?? error).slice(0, 500), refused: error instanceof Refused };
  }
}

async function main() {
  const facts = {
    agent: navigator.userAgent.slice(0, 500),
    platform: String(navigator.userAgentData?.platform ?? navigator.platform),
    cores: navigator.hardwareConcurrency ?? 0,
    isolated: Boolean(globalThis.crossOriginIsolated),
    clock_ns: 1e6 * clockStep(),
    visible: document.visibilityState === "visible",
    missing: missing(),
  };
  for (const [name, value] of Object.entries({ clock: `${(facts.clock_ns / 1e3).toFixed(1)} µs`, browser: facts.agent })) {
    element("facts").append(Object.assign(document.createElement("dt"), { textContent: name }));
    element("facts").append(Object.assign(document.createElement("dd"), { textContent: value }));
  }
  await ask("hello", JSON.stringify(facts));
  if (facts.missing) return show(`This browser has no ${facts.missing}.`);
  const awake = await navigator.wakeLock?.request("screen").catch(() => null);
  for (;;) {
    show("Waiting for the next run.");
    const job = await (await ask("next")).json();
    if (job.end) break;
    if (job.number) await ask(`done/${job.number}`, JSON.stringify(await done(job)));
  }
  await awake?.release();
  show("Done: the report is where act-profile was started. This page can be closed.", 1);
}

main().catch((error) => show(error instanceof Left ? "Another page measures now; this one can be closed." :
  `Stopped: ${error?.message ?? error}. Is act-profile still running?`));
