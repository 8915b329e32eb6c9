// The page's language: texts by key from the locales in the page, put into elements that follow a
// change of language by themselves.

const LOCALES = Object.fromEntries(
  [...document.querySelectorAll("script[data-locale]")].map((each) => [
    each.dataset.locale,
    JSON.parse(each.textContent),
  ]),
);
export const LANGUAGES = Object.keys(LOCALES);
const KEPT = "act-mobile-language";
const said = new WeakMap(); // element -> Map of attribute ("" for the text) -> [key, values]
const listeners = new Set();
let language = initial();

// Storage may be refused, as in a private window or in a file: then the choice lasts for this visit.
function stored() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function initial() {
  const wanted = [stored(), ...navigator.languages.map((each) => each.split("-")[0])];
  return wanted.find((each) => LANGUAGES.includes(each)) ?? LANGUAGES[0];
}

export const current = () => language;

// The name of a language in itself.
export const nameOf = (code) => LOCALES[code].language;

// A text by its key. {name} stands for values.name, a number in the form of the language. A key of
// an object is a plural: the form for values.count.
export function text(key, values = {}) {
  let found = LOCALES[language][key];
  if (found === undefined) throw new Error(`no text ${key} in ${language}`);
  if (typeof found === "object") {
    found = found[new Intl.PluralRules(language).select(values.count)] ?? found.other;
  }
  return found.replace(/\{(\w+)\}/g, (_, name) =>
    typeof values[name] === "number" ? number(values[name]) : values[name],
  );
}

// A number with up to `digits` significant digits, at least all before the decimal point.
export function number(value, digits = 3) {
  const whole = Math.abs(value) >= 10 ** digits;
  const form = whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: digits };
  return new Intl.NumberFormat(language, form).format(value);
}

// Set an element's text, or an attribute of it, now and whenever the language changes. Values that
// are functions are called each time.
export function say(element, key, values = {}, attribute = "") {
  if (!said.has(element)) said.set(element, new Map());
  said.get(element).set(attribute, [key, values]);
  element.toggleAttribute("data-said", true);
  put(element, attribute, key, values);
  return element;
}

function put(element, attribute, key, values) {
  const now = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === "function" ? value() : value,
  ]);
  const line = text(key, Object.fromEntries(now));
  if (attribute) element.setAttribute(attribute, line);
  else if (element.textContent !== line) element.textContent = line;
}

// Call back when the language has changed, until `signal` is aborted.
export function onLanguage(listener, signal) {
  listeners.add(listener);
  signal?.addEventListener("abort", () => listeners.delete(listener));
}

export function setLanguage(code) {
  language = code;
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // As in stored().
  }
  apply();
}

// Put the language's texts into the whole page.
export function apply() {
  document.documentElement.lang = language;
  document.title = text("title");
  for (const each of document.querySelectorAll("[data-say]")) put(each, "", each.dataset.say, {});
  for (const each of document.querySelectorAll("[data-said]")) {
    for (const [attribute, [key, values]] of said.get(each)) put(each, attribute, key, values);
  }
  for (const each of listeners) each();
}
