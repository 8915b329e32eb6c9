// Keeps all files of the page, as they were when it was built, and answers from them alone.
// The build puts before this: self.BUILT = {version: a digest of all files, files: their addresses}.

const { version, files } = self.BUILT;
// Caches are the origin's: another page of it keeps its own. No address has a space.
const PREFIX = `act-mobile ${self.registration.scope} `;
const NAME = PREFIX + version;

self.addEventListener("install", (event) => {
  // Past the browser's own cache, which may hold a file of the version before.
  const fresh = files.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((kept) => kept.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  const clean = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(PREFIX) && name !== NAME);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  const answer = async () => {
    const kept = await caches.open(NAME);
    const found = await kept.match(request, { ignoreSearch: true });
    return found ?? fetch(request);
  };
  event.respondWith(answer());
});
