/** Keeps the app's own files on the phone and opens it with no network; sends what waits when the network comes back.
    It answers for the app's pages and files alone: data are never cached here, they lie in IndexedDB. */
/// <reference lib="webworker" />
import { Store } from "./store";
import { synchronise } from "./sync";

declare const self: ServiceWorkerGlobalScope;
type SyncEvent = ExtendableEvent & { tag: string };

const SHELL = new URL("./", self.location.href).pathname;
const PREFIX = "anlan-field-files-";
const HERE = "anlan-field-here";

async function install(): Promise<void> {
  const { stamp, files } = (await (await fetch(`${SHELL}assets.json`, { cache: "no-store" })).json()) as { stamp: string; files: string[] };
  const cache = await caches.open(PREFIX + stamp);
  await cache.addAll(files.map((file) => new Request(file, { cache: "reload", credentials: "omit" })));
  await (await caches.open(HERE)).put("/stamp", new Response(stamp));
}

async function tidy(): Promise<void> {
  const stamp = await (await (await caches.open(HERE)).match("/stamp"))?.text();
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== PREFIX + stamp) await caches.delete(name);
  await self.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const isPage = request.mode === "navigate";
  const kept = await caches.match(isPage ? SHELL : request, { ignoreSearch: isPage });
  return kept ?? fetch(request);
}

/** With no page open the worker sends by itself; an open page is asked to, so that it shows what happens. */
async function sendWaiting(): Promise<void> {
  const open = await self.clients.matchAll({ type: "window" });
  if (open.length > 0) {
    for (const client of open) client.postMessage("send");
    return;
  }
  for (const { name } of await indexedDB.databases()) {
    const account = /^anlan-field-([0-9a-f-]{36})$/.exec(name ?? "")?.[1];
    if (!account) continue;
    const store = await Store.open(account);
    const counts = await store.counts();
    if (counts.visits + counts.photos > 0) await synchronise(store, () => undefined);
    store.close();
  }
}

self.addEventListener("install", (event) => {
  event.waitUntil(install().then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(tidy()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/api/")) return;
  if (event.request.mode === "navigate" && url.pathname !== SHELL) return;
  event.respondWith(answer(event.request));
});
self.addEventListener("sync", (event) => {
  if ((event as SyncEvent).tag === "send") (event as SyncEvent).waitUntil(sendWaiting());
});
