/** One site before the visit: whom to call, what was found last, what is still open; one button begins. */
import type { App } from "../app";
import { frame } from "../frame";
import { append } from "../seal";
import { Overtaken, StorageFull } from "../store";
import type { Draft, Lists, Site } from "../types";
import { h, icon, tell } from "../ui";
import { itemOf } from "../visit";
import { pick, say } from "../words";

export async function siteScreen(app: App, id: string): Promise<void> {
  const [site, draft, lists] = await Promise.all([app.store.site(id), app.store.draft(id), app.store.lists()]);
  if (!site || !lists) { location.hash = "#/"; return; }
  app.locate();
  let purpose = "routine";
  const choice = h("select", { class: "field-select", "aria-label": say("purpose") }, ...lists.purposes.map(([key, words]) => h("option", { value: key }, pick(words))));
  choice.addEventListener("change", () => { purpose = choice.value; });
  const go = h("button", { class: "field-button primary wide", onclick: () => void begin(app, site, draft, purpose) }, icon("checklist"), say(draft ? "resume" : "begin"));
  frame(app, { title: site.name, back: "#/", foot: go },
    h("p", { class: "field-sub" }, icon("map-pin"), site.address, site.lng && h("a", { class: "field-link", href: `geo:${site.lat},${site.lng}` }, say("navigate"))),
    h("h2", {}, say("people")), ...callers(site),
    site.last !== null && site.last.wrong.length > 0 && h("h2", {}, say("lastFindings")),
    site.last !== null && h("ul", { class: "field-plain" }, ...site.last.wrong.map((key) => h("li", {}, wordsOf(lists, site, key)))),
    site.open.length > 0 && h("h2", {}, say("openTitle")),
    h("ul", { class: "field-plain" }, ...site.open.map((one) => h("li", {}, one.text, h("br"), h("span", { class: "field-sub" }, `${one.number} · ${pick(one.state)}${one.due ? ` · ${say("until")} ${one.due}` : ""}`)))),
    !draft && h("label", { class: "field-label" }, say("purpose"), choice));
}

function callers(site: Site): HTMLElement[] {
  return site.people.map((one) => one.phone
    ? h("a", { class: "field-call", href: `tel:${one.phone}` }, icon("device-mobile"), h("span", {}, `${one.name} · ${one.title}`), h("b", {}, one.phone))
    : h("p", { class: "field-call" }, h("span", {}, `${one.name} · ${one.title}`), h("span", { class: "field-sub" }, say("noPhone"))));
}

/** A measure that has gone from the site's tree since is named by its heading alone. */
function wordsOf(lists: Lists, site: Site, key: string): string {
  const item = itemOf(lists, site, key);
  return item ? pick(item.wrong) : lists.measures ? pick(lists.measures.heading) : key;
}

async function begin(app: App, site: Site, draft: Draft | undefined, purpose: string): Promise<void> {
  if (!draft) {
    const series = crypto.randomUUID();
    const me = await app.store.me();
    const records = await append([], series, "begin", { person: me?.person ?? "", site: site.id, purpose }, app.here(), new Date());
    try {
      await app.store.beginDraft({ series, site: site.id, siteName: site.name, purpose, records, budget: { writing: 0, keys: 0 }, begunAt: Date.now() });
    } catch (fault) {
      if (fault instanceof StorageFull) {
        tell(say("fullText"), "bad");
        return;
      }
      if (!(fault instanceof Overtaken)) throw fault; // begun in another window: it is gone on with
    }
    void navigator.storage?.persist?.();
    void app.recount();
  }
  location.hash = `#/visit/${site.id}`;
}
