/** The person, the phone, the way out: refused while anything waits. */
import type { App } from "../app";
import { frame } from "../frame";
import { people, setAccount, type Known } from "../store";
import { h, icon, tell } from "../ui";
import { inEnglish, say, setEnglish, type Word } from "../words";
import { when } from "./unsent";

const WRONG_CLOCK = 120;

export async function meScreen(app: App): Promise<void> {
  const [me, offset, synced, room] = await Promise.all([app.store.me(), app.store.offset(), app.store.meta<number>("synced"), navigator.storage?.estimate?.()]);
  const others = waitingOfOthers(app);
  frame(app, { title: say("mine"), here: "#/me" },
    h("p", {}, h("b", {}, me?.name ?? ""), h("br"), h("span", { class: "field-sub" }, `${me?.party ?? ""} ${me?.post ?? ""}`)),
    ...others.map((one) => h("p", { class: "field-note-line" }, icon("info-circle"), say("othersWait", { name: one.name, n: one.unsent }), h("a", { class: "field-link", href: "/sign-in?other=1&next=/field/" }, say("signInOther")))),
    h("dl", { class: "field-facts" },
      h("dt", {}, say("updated")), h("dd", {}, synced ? when(synced) : "—"),
      h("dt", {}, say("clock")), h("dd", {}, Math.abs(offset) < WRONG_CLOCK ? say("clockGood") : say("clockOff", { n: Math.round(Math.abs(offset) / 60) })),
      h("dt", {}, say("storage")), h("dd", {}, room?.usage !== undefined ? `${(room.usage / 1_048_576).toFixed(1)} MB` : "—")),
    h("h2", {}, say("language")), choice([["zh", "中文"], ["en", "English"]], inEnglish() ? "en" : "zh", (chosen) => {
      localStorage.setItem("anlan-field-language", chosen);
      setEnglish(chosen === "en");
      void meScreen(app);
    }),
    h("h2", {}, say("theme")), choice([["light", say("light")], ["dark", say("dark")], ["auto", say("auto")]], localStorage.getItem("anlan-field-theme") ?? "auto", (chosen) => {
      localStorage.setItem("anlan-field-theme", chosen);
      applyTheme();
      void meScreen(app);
    }),
    h("p", { class: "field-sub" }, say("installed")),
    h("a", { class: "field-button wide", href: "/" }, icon("device-desktop"), say("office")),
    h("button", { class: "field-button wide", "data-act": "sign-out", onclick: () => void signOut(app) }, icon("logout"), say("signOut")));
}

function choice(all: [string, string][], now: string, take: (chosen: string) => void): HTMLElement {
  return h("div", { class: "field-answers", role: "group" }, ...all.map(([value, words]) => h("button", { type: "button", "aria-pressed": String(value === now), onclick: () => take(value) }, words)));
}

/** Out only when the server has said so: while its session lives, the next person would be let in as this one. */
export async function signOut(app: App): Promise<void> {
  await app.recount();
  if (app.unsent > 0) {
    tell(say("signOutRefused", { n: app.unsent }), "bad");
    location.hash = "#/unsent";
    return;
  }
  const [other] = waitingOfOthers(app);
  if (other) {
    tell(say("othersKeep", { name: other.name, n: other.unsent }), "bad");
    return;
  }
  const fault = await ended((await app.store.meta<string>("csrf")) ?? "");
  if (fault) {
    tell(say(fault.word, { n: fault.status }), "bad");
    return;
  }
  app.store.close();
  indexedDB.deleteDatabase(`anlan-field-${app.store.account}`);
  setAccount("");
  location.href = "/sign-in?next=/field/";
}

/** Ends the session; gives why it did not end. */
async function ended(csrf: string): Promise<{ word: Word; status: number } | null> {
  const body = new URLSearchParams({ csrfmiddlewaretoken: csrf });
  const answer = await fetch("/sign-out", { method: "POST", body, headers: { "X-CSRFToken": csrf }, credentials: "same-origin" }).catch(() => null);
  if (!answer) return { word: "signOutOffline", status: 0 };
  return answer.ok ? null : { word: answer.status === 409 ? "signOutWaits" : "signOutFailed", status: answer.status };
}

function waitingOfOthers(app: App): Known[] {
  return people().filter((one) => one.account !== app.store.account && one.unsent > 0);
}

export function applyTheme(): void {
  const chosen = localStorage.getItem("anlan-field-theme") ?? "auto";
  const dark = chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset["bsTheme"] = dark ? "dark" : "light";
}
