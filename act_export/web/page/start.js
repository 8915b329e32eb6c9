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
let open = null; // {loaded, ending}
let own = null; // a model from disk
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
  await choose(wanted());
  files();
  window.addEventListener("hashchange", () => choose(wanted()));
  document.documentElement.dataset.ready = "true";
  performance.mark("ready");
}

// -- Models --------------------------------------------------------------------------------------

const slug = (name) => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-");

function wanted() {
  const models = listed();
  const asked = decodeURIComponent(location.hash.slice(1));
  const found = models.find((each) => slug(each.name) === asked);
  return found ?? models[0] ?? null;
}

async function choose(entry) {
  if (!entry) {
    showTabs(null);
    say(stage.appendChild(h("p", { class: "notice plain" })), "none");
    return;
  }
  await show(() => openListed(engine, entry), entry.name);
}

// Open what `opening` gives in place of what is open; the last to be asked for stays.
async function show(opening, name) {
  const mine = (turn += 1);
  notice.hidden = true;
  showTabs(name);
  let loaded;
  try {
    loaded = await opening();
  } catch (error) {
    fail(error);
    showTabs(open?.loaded.name ?? null);
    return;
  }
  if (mine !== turn) {
    loaded.close();
    return;
  }
  open?.ending.abort();
  open?.loaded.close();
  const ending = new AbortController();
  open = { loaded, ending };
  const main = h("div", { class: "screen" });
  const side = h("div", { class: "side" });
  stage.replaceChildren(h("div", { class: "columns" }, main, side));
  showTabs(loaded.name);
  openScreen(loaded, { stage: main, side, announce, fail, signal: ending.signal });
  side.append(facts(loaded, ending.signal));
}

function showTabs(name) {
  const names = [...listed().map((each) => each.name), ...(own ? [own.name] : [])];
  tabs.hidden = names.length < 2;
  tabs.replaceChildren(
    ...names.map((each, at) => {
      const properties = each === name ? { "aria-current": "page" } : {};
      const link = h("a", { href: `#${encodeURIComponent(slug(each))}`, ...properties }, each);
      if (own && at === names.length - 1) {
        link.addEventListener("click", (event) => {
          event.preventDefault();
          show(own.opening, own.name);
        });
      }
      return link;
    }),
  );
}

function files() {
  const take = (chosen) => {
    const list = [...chosen];
    if (!list.length) return;
    show(async () => {
      const loaded = await openFiles(engine, list);
      own = { name: loaded.name, opening: () => openFiles(engine, list) };
      return loaded;
    }, open?.loaded.name);
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
