// The models of the page, as its list gives them, and those opened from disk.

import { fetched, Loaded } from "page/engine";
import { readGolden } from "page/golden";
import { parsed } from "page/manifest";
import { Refusal } from "page/refusal";

const MOST_FILE = 64 << 20;
const MANIFEST = /\.manifest\.json$|\.json$/;

// The entries of the list in the page.
export const listed = () => JSON.parse(document.getElementById("models").textContent);

// Fetch and open an entry with its baseline.
export async function openListed(engine, { name, manifest, actn, golden, baseline }) {
  const [bytes, beside] = await Promise.all([fetched(actn), baseline ? fetched(baseline.actn) : null]);
  const loaded = await Loaded.open(engine, {
    name,
    bytes,
    manifest,
    golden: golden ? async () => readGolden(await fetched(golden), manifest, name) : null,
  });
  try {
    if (baseline) loaded.baseline = await Loaded.open(engine, { ...baseline, golden: null, bytes: beside });
  } catch (error) {
    loaded.close();
    throw error;
  }
  return loaded;
}

// Open files that someone chose: one .actn, its manifest and golden bundle if they are among them.
export async function openFiles(engine, files) {
  const ending = (pattern) => [...files].filter((each) => pattern.test(each.name));
  const models = ending(/\.actn$/);
  if (models.length !== 1) throw new Refusal("refused.files", { count: models.length });
  const [file] = models;
  const [manifestFile] = ending(MANIFEST);
  const [goldenFile] = ending(/\.npz$/);
  const manifest = manifestFile ? parsed(await bytesOf(manifestFile), manifestFile.name) : null;
  const loaded = await Loaded.open(engine, {
    name: file.name.replace(/\.actn$/, ""),
    bytes: await bytesOf(file),
    manifest,
  });
  if (goldenFile) {
    loaded.golden = async () => readGolden(await bytesOf(goldenFile), loaded.manifest, goldenFile.name);
  }
  return loaded;
}

async function bytesOf(file) {
  if (file.size > MOST_FILE) throw new Refusal("refused.large", { name: file.name });
  return new Uint8Array(await file.arrayBuffer());
}
