// A page's part of a job: fetched from the server that served the page, answered, sent back.

import { answer } from "./calls.mjs";

const json = async (place) => (await fetch(place)).json();
export const send = (done) => fetch("/answers", { method: "POST", body: JSON.stringify(done) });

// What stops the page itself is an answer, too: the server waits for one.
const stopped = (event) => send({ version: "", refused: String(event.reason ?? event.message) });
addEventListener("error", stopped);
addEventListener("unhandledrejection", stopped);

export async function serve(packageName, load) {
  const job = await json("/job.json");
  const { version } = await json(`/packages/${packageName}/package.json`);
  await send(await answer(job, version, load));
}
