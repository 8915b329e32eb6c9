// Elements in a line each.

const SVG = "http://www.w3.org/2000/svg";

// An element with properties (`on...` are listeners, `class`, `aria-...` and `data-...` attributes).
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

// The same of SVG.
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

let count = 0;

// A name for an element that others refer to.
export const fresh = (name) => `${name}-${(count += 1)}`;

// Wait for the browser to show what was done, and to take events.
export const pause = () =>
  new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done();
    channel.port2.postMessage(null);
  });

export const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
