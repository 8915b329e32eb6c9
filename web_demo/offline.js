// Installs the service worker, after which the page opens without a network, and says so.

import { h } from "page/element";
import { say } from "page/words";

// Browsers have service workers on https and on this very machine alone; elsewhere the page works as
// long as its server is there.
if ("serviceWorker" in navigator) {
  const line = document.querySelector(".foot").appendChild(h("p", { class: "fine" }));
  navigator.serviceWorker.register("worker.js").catch(() => say(line, "offline.refused"));
  navigator.serviceWorker.ready.then(() => {
    say(line, "offline.ready");
    document.documentElement.dataset.offline = "true";
  });
}
