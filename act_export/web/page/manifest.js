// Manifests of exported models (act_artefact/manifest.py), as far as the page reads them: checked,
// for they may come from a stranger.

import { Refusal } from "page/refusal";

export const FORMAT = "act-mobile/manifest/1";
const MOST_TEXT = 2000;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value.length <= MOST_TEXT;
const isCount = (value) => Number.isInteger(value) && value >= 1 && value <= 2 ** 31 - 1;
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const or = (check) => (value) => value === undefined || value === null || check(value);
const isShape = (value) =>
  Array.isArray(value) &&
  value.length <= 8 &&
  value.every((size) => size === null || isCount(size) || isText(size));
const isTensor = (value) =>
  isObject(value) &&
  isText(value.name) &&
  ["float32", "int32"].includes(value.dtype) &&
  isShape(value.shape);
const isList = (check) => (value) => Array.isArray(value) && value.length <= 1000 && value.every(check);

// Entries that the page reads, and whether a value can be one.
const ENTRIES = {
  artefact: isText,
  precision: isText,
  sequence: (value) => isText(value) || isCount(value),
  inputs: (value) => isList(isTensor)(value) && value.length > 0,
  outputs: isList(isTensor),
  states: isList((value) => isObject(value) && isText(value.input) && isText(value.output)),
  axes: or(isList((value) => isObject(value) && isText(value.name) && isCount(value.largest))),
  model: isObject,
  task: (value) => isObject(value) && or(isCount)(value.every),
  epsilon: or((value) => isNumber(value) && value > 0 && value < 1),
  max_ponder: isCount,
  metric: or(isText),
  labels: or(isList(isText)),
  vocabulary: or(isText),
  purpose: or(isText),
  license: or(isText),
  verification: or(isObject),
  sha256: or((value) => value === "" || /^[0-9a-f]{64}$/.test(value)),
  versions: or(isObject),
  created: or(isText),
};

// The manifest of an .actn file; `metadata` says whether it is the part in the artefact itself.
// Raises a Refusal with the entry that is wrong.
export function checked(value, metadata = false) {
  if (!isObject(value)) throw new Refusal("refused.manifest", { entry: "{}" });
  if (value.format !== FORMAT) {
    throw new Refusal("refused.format", { found: shown(value.format), known: FORMAT });
  }
  for (const [name, check] of Object.entries(ENTRIES)) {
    if (!check(value[name])) throw new Refusal("refused.manifest", { entry: name });
  }
  if (value.target !== "native") throw new Refusal("refused.target", { found: shown(value.target) });
  return metadata ? { ...value, verification: null, sha256: "" } : value;
}

const shown = (value) => String(value).slice(0, 60);

// JSON, in text or bytes. Raises a Refusal where it is not.
export function parsed(json, name) {
  try {
    const line = typeof json === "string" ? json : new TextDecoder("utf-8", { fatal: true }).decode(json);
    return JSON.parse(line);
  } catch {
    throw new Refusal("refused.json", { name });
  }
}

export const isAdaptive = (manifest) => typeof manifest.epsilon === "number";
export const isIterated = (manifest) => manifest.model.model === "iterated";
