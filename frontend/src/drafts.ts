/** What was typed is never lost: a form with data-draft is kept in this browser until the server has taken it.
    Kept per account, cleared at sign-out; passwords, files and tokens are never kept. */
import { say } from "./words";

const PREFIX = "anlan-draft:";
const SENT = "anlan-draft-sent";
const GOING = "anlan-drafts-going";
const LEAVING = "anlan-signing-out";
const ANSWERED_WITHIN = 120_000; // milliseconds: signing out takes no longer
const KEPT_DAYS = 14;
type Kept = { at: number; fields: [string, string][] };

function account(): string {
  return document.body.dataset["account"] ?? "";
}

export function draftKey(name: string): string {
  return `${PREFIX}${account()}:${name}`;
}

export function readFields(form: HTMLFormElement): [string, string][] {
  const never = new Set(["csrfmiddlewaretoken", "key", "version"]);
  const fields: [string, string][] = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string" || never.has(name) || name.startsWith("evidence")) continue;
    const element = form.elements.namedItem(name);
    if (element instanceof HTMLInputElement && (element.type === "password" || element.type === "hidden")) continue;
    if (value !== "") fields.push([name, value]);
  }
  return fields;
}

export function fillFields(form: HTMLFormElement, fields: [string, string][]): void {
  const byName = new Map<string, string[]>();
  for (const [name, value] of fields) byName.set(name, [...(byName.get(name) ?? []), value]);
  for (const element of form.elements) {
    if (!(element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement)) continue;
    const values = byName.get(element.name);
    if (!values) continue;
    if (element instanceof HTMLInputElement && (element.type === "checkbox" || element.type === "radio")) element.checked = values.includes(element.value);
    else if (element instanceof HTMLSelectElement && element.multiple) for (const option of element.options) option.selected = values.includes(option.value);
    else if (!(element instanceof HTMLInputElement && /^(file|hidden|password)$/.test(element.type))) element.value = values[0] ?? "";
    element.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function load(key: string): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null") as Kept | null;
    if (!kept || Date.now() - kept.at > KEPT_DAYS * 86_400_000) return null;
    return kept;
  } catch {
    return null;
  }
}

let isForgotten = false; // somebody is signing out: what was typed is not written once more

function keep(key: string, form: HTMLFormElement): void {
  if (isForgotten) return;
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields: readFields(form) } satisfies Kept));
  } catch {
    // Storage full or refused: typing goes on, only the safety net is missing.
  }
}

function goingKeys(): string[] {
  return (localStorage.getItem(GOING) ?? "").split("\n").filter(Boolean);
}

function noteGoing(keys: string[]): void {
  try {
    if (keys.length) localStorage.setItem(GOING, [...new Set(keys)].join("\n"));
    else localStorage.removeItem(GOING);
  } catch {
    // Storage full or refused: the photographs are still dropped by this page, if it lives long enough.
  }
}

let dropping: Promise<void> = Promise.resolve();

/** Settles when no photograph of a forgotten draft is left to take away: only then may kept ones be shown or new ones added. */
export function dropped(): Promise<void> {
  return dropping;
}

async function dropPhotos(key: string): Promise<void> {
  await (await import("./photo-store")).dropDraft(key);
  noteGoing(goingKeys().filter((other) => other !== key));
}

function dropSoon(key: string): void {
  dropping = dropping.then(() => dropPhotos(key)).catch(() => undefined);
}

/** Forgets a draft with its photographs; a form still shown takes its cards away. Noted first: should this page be left
    before the photographs are gone, the next one takes them away. */
function drop(key: string): void {
  localStorage.removeItem(key);
  noteGoing([...goingKeys(), key]);
  dropSoon(key);
  document.dispatchEvent(new CustomEvent("anlan:draft-dropped", { detail: key }));
}

function announce(form: HTMLFormElement, key: string): void {
  const line = document.createElement("div");
  line.className = "kept full";
  line.setAttribute("role", "status");
  line.append(say("restored"));
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = say("discard");
  button.addEventListener("click", () => {
    drop(key);
    form.reset();
    line.remove();
  });
  line.append(button);
  form.prepend(line);
}

/** A form that was sent is done when the next page we see is a signed-in page without that form. */
function settleSent(): void {
  const sent = sessionStorage.getItem(SENT);
  if (!sent || !account() || document.body.dataset["page"] === "error") return;
  const again = [...document.querySelectorAll<HTMLFormElement>("form[data-draft]")].some((form) => draftKey(form.dataset["draft"] ?? "") === sent);
  if (!again || document.querySelector(".message.success")) {
    drop(sent);
  }
  sessionStorage.removeItem(SENT);
}

export function forgetAll(): void {
  isForgotten = true; // what was typed a moment ago is not written after it
  noteGoing([]);
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  indexedDB.deleteDatabase("anlan-photos");
}

/** What was still typed while the answer to signing out was on its way is forgotten by the page that comes with it; not by one
    that comes much later, because a session ran out on somebody who had stayed. */
function settleSignedOut(): void {
  const since = Date.now() - Number(sessionStorage.getItem(LEAVING) ?? NaN);
  sessionStorage.removeItem(LEAVING);
  if (!account() && since < ANSWERED_WITHIN) forgetAll();
}

/** Kept a moment after the last key, and at once where the page is left or laid aside: a phone may never show it again. */
function keepWhileTyped(form: HTMLFormElement, key: string): void {
  let timer = 0;
  const now = () => {
    window.clearTimeout(timer);
    timer = 0;
    keep(key, form);
  };
  const leaving = () => { if (timer) now(); };
  form.addEventListener("input", () => {
    isForgotten = false; // whoever types has not gone: signing out was broken off
    window.clearTimeout(timer);
    timer = window.setTimeout(now, 400);
  });
  form.addEventListener("submit", () => {
    now();
    sessionStorage.setItem(SENT, key);
  });
  window.addEventListener("pagehide", leaving);
  document.addEventListener("visibilitychange", () => { if (document.hidden) leaving(); });
}

export function startDrafts(): void {
  settleSignedOut();
  for (const key of goingKeys()) dropSoon(key);
  settleSent();
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) {
    const key = draftKey(form.dataset["draft"] ?? "");
    const kept = load(key);
    if (kept && kept.fields.length > 0) {
      fillFields(form, kept.fields);
      if (!form.hasAttribute("data-faulty")) announce(form, key);
    }
    keepWhileTyped(form, key);
  }
  window.addEventListener("pageshow", () => { isForgotten = false; }); // signing out came to nothing: the same page again
  // While the field app holds what was not sent the server refuses to sign out: then nothing is forgotten either.
  for (const out of document.querySelectorAll<HTMLFormElement>("form[data-sign-out]")) {
    out.addEventListener("submit", () => {
      if (/(?:^|; )anlan_unsent=[1-9]/.test(document.cookie)) return;
      sessionStorage.setItem(LEAVING, String(Date.now()));
      forgetAll();
    });
  }
}
