// node node.mjs ENGINE CALLS JOB ANSWERS: act.js's folder, the folder of calls.mjs.

import { readFileSync, writeFileSync } from "node:fs";
import * as checks from "./checks.mjs";
import { doJob } from "./job.mjs";

const [engine, programs, job, answers] = process.argv.slice(2);
const act = await import(`${engine}/act.js`);
const calls = await import(`${programs}/calls.mjs`);
const done = await doJob(JSON.parse(readFileSync(job)), { act, calls, checks, version: process.version });
writeFileSync(answers, JSON.stringify(done));
