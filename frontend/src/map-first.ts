/** The picture a map begins with is in the page: a tap on it is answered at once, and the living map starts behind it, once it
    is painted and while nobody waits for an answer. Pages with a map load this by itself, before all other scripts. */
import { askAhead, layersOf, queryOf } from "./ahead";
import { beginWorker } from "./map-worker";
import { say } from "./words";

const PATIENCE = 1000; // milliseconds after which the living map starts at any rate: a page in the background paints nothing
const TURN = 80; // milliseconds a finger has after the picture is painted, before anything long runs
const HEARD = 10; // milliseconds in which a browser tells of a finger that came down while a script ran
const FINGER = 300; // milliseconds that a finger lies on what it taps, at most
let answering: Promise<unknown> = Promise.resolve();

const same = (one: string, other: string): boolean => new URLSearchParams(one).toString() === new URLSearchParams(other).toString();

/** Whether the picture shows what the page asks for now: the boxes of a page may stand otherwise than when it was drawn. */
function holds(map: HTMLElement): boolean {
  return layersOf(map) === map.dataset["firstLayers"] && same(queryOf(map), map.dataset["firstQuery"] ?? "");
}

export function pictureOf(map: Element): SVGSVGElement | null {
  return map.querySelector<SVGSVGElement>(".map-first");
}

export function hasPicture(root: ParentNode): boolean {
  return root.querySelector(".map-first") !== null;
}

/** Makes the pictures of a page answer, and takes away those that show something else than the living map will. */
export function startPictures(root: ParentNode): void {
  for (const map of root.querySelectorAll<HTMLElement>("[data-map][data-first-box]:not([data-ready])")) {
    const picture = pictureOf(map);
    if (!picture || picture.dataset["ready"] !== undefined) continue;
    picture.dataset["ready"] = "";
    if (!holds(map)) { picture.remove(); continue; }
    if (location.hash.startsWith("#map=")) { picture.remove(); continue; } // somebody comes back to a place of their own
    const check = (): void => { if (!holds(map)) picture.remove(); };
    document.addEventListener("change", (event) => { if ((event.target as Element).closest("[data-map-layers]")) check(); });
    map.addEventListener("anlan:map-renew", check);
    map.querySelector("[data-map-levels]")?.addEventListener("change", () => picture.remove());
  }
}

/** Resolves when the parser has gone past the picture; at the end of a page that has none. */
const read = new Promise<void>((done) => {
  const isRead = (): boolean => document.readyState !== "loading" || document.querySelector(".map-first + *") !== null;
  if (isRead()) { done(); return; }
  const watching = new MutationObserver(() => { if (isRead()) { watching.disconnect(); done(); } });
  watching.observe(document, { childList: true, subtree: true });
});

void read.then(() => askAhead(document));

/** Where a browser holds its first frame back until the map of the page is read, that frame has the picture in it. */
function firstFrame(): number | undefined {
  const isHeld = document.querySelector<HTMLLinkElement>("link[rel=expect]")?.blocking?.supports("render") ?? false;
  return isHeld ? performance.getEntriesByName("first-contentful-paint")[0]?.startTime : undefined;
}

/** A finger's turn is counted from the first frame with the picture in it, whatever else of the page is still on its way then. */
const painted = Promise.race([
  read.then(() => new Promise<void>((done) => {
    const begun = firstFrame();
    const turn = (): void => {
      if (hasPicture(document)) window.setTimeout(beginWorker);
      window.setTimeout(done, (begun ?? performance.now()) + TURN - performance.now());
    };
    if (begun === undefined) requestAnimationFrame(turn);
    else turn();
  })),
  new Promise<void>((done) => window.setTimeout(done, PATIENCE)),
]);

/** Resolves when the picture is painted; at once where a page has none. */
function picturePainted(root: ParentNode): Promise<void> {
  return hasPicture(root) && !document.hidden ? painted : Promise.resolve();
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => { window.setTimeout(done, milliseconds); });

/** Resolves when nobody waits for what was tapped; a finger that came down while the code was read is heard first. */
export async function answered(): Promise<void> {
  await pause(HEARD);
  for (let known; known !== answering;) {
    known = answering;
    await known;
  }
}

/** A finger is down on a sign: what it does is waited for. */
function touched(event: PointerEvent): void {
  if (!(event.target as Element).closest(".map-first a[data-card]")) return;
  const lifted = new Promise<void>((done) => document.addEventListener("click", () => done(), { once: true }));
  answering = Promise.race([lifted, pause(FINGER)]);
}

/** Resolves when the rest may start: the picture is painted, a finger has had its turn, nobody waits for an answer. */
export async function pictureSeen(root: ParentNode): Promise<void> {
  await picturePainted(root);
  await answering;
}

function tapped(event: MouseEvent): void {
  const link = (event.target as Element).closest<SVGAElement>(".map-first a[data-card]");
  const map = link?.closest<HTMLElement>("[data-map]");
  if (!link || !map || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  answering = answer(link, map);
}

async function answer(link: SVGAElement, map: HTMLElement): Promise<void> {
  const box = map.querySelector<HTMLElement>(".map-answer") ?? document.createElement("div");
  box.className = "map-answer";
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-busy", "true");
  const words = link.querySelector("title")?.textContent ?? "";
  box.setAttribute("aria-label", words);
  const head = document.createElement("div");
  head.className = "row";
  const title = document.createElement("b");
  title.textContent = words;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-small btn-quiet";
  close.textContent = say("close");
  const end = (): void => { box.remove(); link.removeAttribute("aria-expanded"); if (link.isConnected) link.focus(); };
  close.addEventListener("click", end);
  box.onkeydown = (pressed) => { if (pressed.key === "Escape") end(); };
  head.append(title, close);
  const body = document.createElement("div");
  body.textContent = say("fetching");
  const way = document.createElement("a");
  way.className = "btn btn-small mt-2";
  way.href = link.href.baseVal;
  way.textContent = say("openThese");
  box.replaceChildren(head, body, way);
  map.append(box);
  for (const other of map.querySelectorAll(".map-first a[aria-expanded]")) other.removeAttribute("aria-expanded");
  link.setAttribute("aria-expanded", "true");
  close.focus({ preventScroll: true });
  const query = new URLSearchParams(map.dataset["firstQuery"]);
  query.set("layers", map.dataset["firstLayers"] ?? "");
  for (const [name, value] of new URLSearchParams(link.dataset["card"])) query.set(name, value);
  try {
    const said = await fetch(`${map.dataset["card"]}?${query}`);
    if (!said.ok || said.redirected) throw new Error(String(said.status));
    body.innerHTML = await said.text(); // a part of our own page, escaped by the server
  } catch {
    body.textContent = say("cardFailed");
  }
  box.removeAttribute("aria-busy");
}

document.addEventListener("pointerdown", touched);
document.addEventListener("click", tapped);
