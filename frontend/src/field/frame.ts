/** What stands around every screen: title, the line that says how sending goes, the four tabs with the count of unsent items. */
import { h, icon, show, type Child } from "./ui";
import { say, type Word } from "./words";
import type { App } from "./app";

const TABS: [string, Word, string][] = [["#/", "today", "home"], ["#/map", "map", "map-2"], ["#/unsent", "unsent", "cloud-upload"], ["#/me", "mine", "user"]];

export function frame(app: App, options: { title: string; back?: string; here?: string; foot?: Child }, ...children: Child[]): HTMLElement {
  const head = h("header", { class: "field-head" },
    options.back !== undefined && h("a", { class: "field-back", href: options.back, "aria-label": say("back") }, icon("chevron-left")),
    h("h1", {}, options.title));
  const main = h("main", { class: "field-page", id: "main" }, statusOf(app), ...children);
  const foot = options.foot ? h("div", { class: "field-foot" }, options.foot) : tabs(app, options.here ?? "");
  const whole = h("div", { class: "field-frame" }, head, main, foot);
  show(whole);
  return main;
}

function tabs(app: App, here: string): HTMLElement {
  return h("nav", { class: "field-tabs" }, ...TABS.map(([href, word, sign]) =>
    h("a", { href, "aria-current": here === href ? "page" : false }, icon(sign), say(word),
      href === "#/unsent" && h("span", { class: "field-bubble", "data-unsent": "", hidden: app.unsent === 0 }, String(app.unsent)))));
}

function statusOf(app: App): HTMLElement {
  const line = h("div", { class: "field-status", role: "status", "data-state": app.state });
  const renew = () => {
    line.dataset["state"] = app.state;
    const words = app.stateWords();
    line.hidden = words === "";
    line.replaceChildren(words);
    if (app.state === "signin" || app.state === "other") line.append(h("a", { class: "field-link", href: "/sign-in?next=/field/" }, say("signinDo")));
  };
  renew();
  line.addEventListener("renew", renew);
  return line;
}

/** Brings what is shown up to date without drawing the screen anew: a tap under way is never lost. */
export function refresh(app: App): void {
  document.querySelector(".field-status")?.dispatchEvent(new Event("renew"));
  for (const bubble of document.querySelectorAll<HTMLElement>("[data-unsent]")) {
    bubble.textContent = String(app.unsent);
    bubble.hidden = app.unsent === 0;
  }
}
