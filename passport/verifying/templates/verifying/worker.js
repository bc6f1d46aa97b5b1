// Keeps the page that checks passports, so that it works without a network. Nothing personal is ever kept: only the
// page itself, its files, and the lists that everybody may read. The page and its files come from what is kept, all of
// one version; the lists come from the network, and from what is kept where there is none. How old a list may be is not
// judged here: each says so itself, in its signed part.
const SHELL = "passport-shell-{{ version }}";
const LISTS = "passport-lists";
const FILES = {{ files | tojson }};
const LIST = /^\/(trust-root|trust-list|code-list|status-lists(\/[0-9]+)?)$/;
const PATIENCE = 4000; // milliseconds for a network that is there and does not answer

self.addEventListener("install", (event) => {
  const fresh = FILES.map((file) => new Request(file, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOld().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (LIST.test(url.pathname)) event.respondWith(list(event.request));
  else if (FILES.some((file) => file.split("?")[0] === url.pathname)) event.respondWith(file(event.request));
});

async function forgetOld() {
  for (const name of await caches.keys()) {
    if (name.startsWith("passport-shell-") && name !== SHELL) await caches.delete(name);
  }
}

async function file(request) {
  const kept = await (await caches.open(SHELL)).match(request, { ignoreSearch: true, ignoreVary: true });
  return kept || fetch(request);
}

async function list(request) {
  const cache = await caches.open(LISTS);
  try {
    const answer = await fetch(request, { cache: "no-cache", credentials: "omit", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch {
    return (await cache.match(request)) || Response.error();
  }
}
