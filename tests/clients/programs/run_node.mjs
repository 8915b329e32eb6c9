// node run_node.mjs PACKAGES JOB ANSWERS, with onnxruntime-node in the folder of packages.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { answer } from "./calls.mjs";
import { loader } from "./onnxruntime.mjs";

const [packages, job, answers] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
const ort = require("onnxruntime-node");
const { version } = require("onnxruntime-node/package.json");
const done = await answer(JSON.parse(readFileSync(job)), version, loader(ort));
writeFileSync(answers, JSON.stringify(done));
