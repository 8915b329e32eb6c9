// The page: its models as tabs, one open at a time; what cannot be opened is said in a line.

import { h } from "page/element";
import { startEngine } from "page/engine";
import { facts } from "page/facts";
import { listed, openFiles, openListed } from "page/models";
import { Refusal } from "page/refusal";
import { openScreen } from "page/screens";
import { apply, current, LANGUAGES, nameOf, say, setLanguage } from "page/words";

const $ = (id) => document.getElementById(id);
const stage = $("stage");
const tabs = $("tabs");
const notice = $("notice");
let engine;
// Models as tabs: {name, opening: opens it}.
const entries = listed().map((each) => ({ name: each.name, opening: () => openListed(engine, each) }));
let open = null; // {entry, loaded, ending}
let own = null; // the entry of a model from disk
let turn = 0;

async function start() {
  $("starting").remove();
  languages();
  apply();
  window.addEventListener("unhandledrejection", (event) => fail(event.reason));
  window.addEventListener("error", (event) => fail(event.error ?? event.message));
  try {
    engine = await startEngine();
  } catch (error) {
    fail(error);
    return;
  }
  await show(wanted());
  files();
  window.addEventListener("hashchange", () => show(wanted()));
  document.documentElement.dataset.ready = "true";
  performance.mark("ready");
}

// -- Models --------------------------------------------------------------------------------------

const slug = (name) => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-");

const address = (entry) => `#${encodeURIComponent(slug(entry.name))}`;

// The entry that the address names, else the first.
function wanted() {
  const found = entries.find((each) => [address(each), `#${slug(each.name)}`].includes(location.hash));
  return found ?? entries[0] ?? null;
}

// Open an entry in place of what is open; the last to be asked for stays.
async function show(entry) {
  if (!entry) {
    showTabs(null);
    stage.replaceChildren(say(h("p", { class: "notice plain" }), "none"));
    return;
  }
  const mine = (turn += 1);
  notice.hidden = true;
  showTabs(entry);
  let loaded;
  try {
    loaded = await entry.opening();
  } catch (error) {
    if (mine !== turn) return;
    fail(error);
    showTabs(open?.entry ?? null);
    return;
  }
  if (mine !== turn) {
    loaded.close();
    return;
  }
  open?.ending.abort();
  open?.loaded.close();
  const ending = new AbortController();
  open = { entry, loaded, ending };
  const main = h("div", { class: "screen" });
  const side = h("div", { class: "side" });
  stage.replaceChildren(h("div", { class: "columns" }, main, side));
  if (!entries.includes(entry)) own = Object.assign(entry, { name: loaded.name });
  showTabs(entry);
  openScreen(loaded, { stage: main, side, announce, fail, signal: ending.signal });
  side.append(facts(loaded, ending.signal));
}

function showTabs(shown) {
  const all = own ? [...entries, own] : entries;
  tabs.hidden = all.length < 2;
  tabs.replaceChildren(
    ...all.map((entry) => {
      const properties = entry === shown ? { "aria-current": "page" } : {};
      const link = h("a", { href: address(entry), ...properties }, entry.name);
      link.addEventListener("click", (event) => {
        // The address may be this one already, after a model from disk or one that failed.
        if (entry !== own && link.hash !== location.hash) return;
        event.preventDefault();
        if (entry !== shown) show(entry);
      });
      return link;
    }),
  );
}

function files() {
  const take = (chosen) => {
    const list = [...chosen];
    if (!list.length) return;
    show({ name: "", opening: () => openFiles(engine, list) });
  };
  $("own-files").addEventListener("change", (event) => {
    take(event.target.files);
    event.target.value = "";
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files);
  });
}

// -- Words ---------------------------------------------------------------------------------------

function languages() {
  const buttons = LANGUAGES.map((code) => {
    const button = h("button", { type: "button", lang: code, "data-language": code }, nameOf(code));
    button.addEventListener("click", () => {
      setLanguage(code);
      pressed();
    });
    return button;
  });
  const pressed = () =>
    buttons.forEach((each) => each.setAttribute("aria-pressed", String(each.lang === current())));
  $("languages").append(...buttons);
  say($("languages"), "languages", {}, "aria-label");
  say(tabs, "models", {}, "aria-label");
  pressed();
}

// Tell a screen reader something that was done.
function announce(key, values = {}) {
  const line = $("announcer");
  line.textContent = "";
  say(line, key, values);
}

// Say what went wrong instead of a blank page.
function fail(error) {
  notice.hidden = false;
  if (error instanceof Refusal) say(notice, error.key, error.values);
  else say(notice, "refused.unexpected", { reason: error?.message ?? String(error) });
  notice.scrollIntoView({ block: "nearest" });
}

start();
