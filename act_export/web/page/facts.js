// The facts of a model, from its manifest, and its golden bundle checked on this device.

import { fresh, h } from "page/element";
import { answers } from "page/golden";
import { isAdaptive } from "page/manifest";
import { Refusal } from "page/refusal";
import { number, onLanguage, say, text } from "page/words";

export function facts(loaded, signal) {
  const title = fresh("facts");
  const list = h("dl", {});
  const result = h("p", { class: "fine", role: "status", "data-testid": "check-result" });
  const button = say(h("button", { type: "button", class: "button", "data-testid": "check" }), "facts.check");
  button.addEventListener("click", async () => {
    button.disabled = true;
    delete result.dataset.right;
    const { words, right } = await checked(loaded, signal);
    result.textContent = words;
    result.dataset.right = right; // for act-export, which presses the button
    button.disabled = false;
  });
  const fill = () =>
    list.replaceChildren(
      ...rows(loaded).flatMap(([key, value, plain]) => [
        h("dt", {}, text(key)),
        h("dd", plain ? { lang: "en", class: plain } : {}, value),
      ]),
    );
  fill();
  onLanguage(fill, signal);
  return h(
    "section",
    { class: "panel facts", "aria-labelledby": title },
    say(h("h2", { id: title }), "facts.title"),
    list,
    ...(loaded.golden ? [button, result] : []),
  );
}

// {words, right: calls that passed}.
async function checked(loaded, signal) {
  try {
    let [right, all] = [0, 0];
    for await (const answer of answers(loaded, await loaded.golden(), signal)) {
      right += answer.right;
      all += 1;
    }
    if (signal.aborted) return { words: "", right };
    return { words: text(right === all ? "facts.checked" : "facts.differs", { right, all }), right };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { words: text(error.key, error.values), right: 0 };
  }
}

// [key, value, class of what is not translated].
function rows(loaded) {
  const { manifest, size, model } = loaded;
  const { model: config, verification } = manifest;
  const found = [];
  const add = (key, value, plain = "") => {
    if (value !== undefined && value !== null && value !== "") found.push([key, value, plain]);
  };
  add("facts.purpose", manifest.purpose, "words");
  add("facts.net", [config.cell ?? config.step, config.hidden_size].filter(Boolean).join(" × "), "code");
  add("facts.halting", config.halting, "code");
  // A layer that was seen to skip may take none.
  const seen = verification?.figures?.ponder_steps ?? [];
  const least = Math.min(1, ...seen.map((layer) => layer.min));
  add(
    "facts.limits",
    isAdaptive(manifest)
      ? text("facts.limits-value", { least, most: model.maxPonder, threshold: model.haltThreshold })
      : text("facts.always", { steps: model.maxPonder }),
  );
  add("facts.size", text("facts.size-value", { size: size / 1000, precision: manifest.precision }));
  const metric = verification?.figures?.metric;
  if (typeof metric === "number") {
    add("facts.metric", `${manifest.metric?.replaceAll("_", " ")} ${number(metric)}`, "code");
  }
  const [steps] = seen;
  if (steps) add("facts.steps", text("facts.steps-value", steps));
  if (verification?.passed) {
    add("facts.verified", text("facts.verified-value", { count: verification.time_steps }));
  }
  add("facts.licence", manifest.license, "code");
  add("facts.kernels", model.kernels, "code");
  add("facts.created", manifest.created?.slice(0, 10));
  add("facts.digest", manifest.sha256?.slice(0, 16), "code");
  return found;
}
