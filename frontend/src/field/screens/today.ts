/** Today: the sites before the inspector, those longest not visited first; a name or address finds one. */
import type { App } from "../app";
import { frame } from "../frame";
import { metresApart, metresWords } from "../geo";
import type { Left, Site } from "../types";
import { h, icon } from "../ui";
import { pick, say } from "../words";

const FIRST = 40;

export async function today(app: App): Promise<void> {
  const sites = await app.store.sites();
  const busy = new Set((await app.store.drafts()).map((draft) => draft.site));
  sites.sort((one, other) => Number(busy.has(other.id)) - Number(busy.has(one.id)));
  const list = h("ul", { class: "field-list" });
  const draw = (text: string) => {
    const wanted = text.trim().toLowerCase();
    const found = wanted ? sites.filter((site) => `${site.name} ${site.address}`.toLowerCase().includes(wanted)) : sites;
    list.replaceChildren(...found.slice(0, FIRST).map((site) => card(app, site, busy.has(site.id))));
    if (found.length > FIRST) list.append(more(app, list, found.slice(FIRST), busy));
    if (found.length === 0) list.append(h("li", { class: "field-empty" }, say(sites.length ? "none" : "noSites")));
  };
  const find = h("input", { class: "field-find", type: "search", placeholder: say("find"), "aria-label": say("find"), autocomplete: "off" });
  find.addEventListener("input", () => draw(find.value));
  draw("");
  frame(app, { title: say("title"), here: "#/" }, find, list, await leftOut(app, sites.length));
}

/** What is not on the phone is said, with the reason: the most urgent sites go first. */
async function leftOut(app: App, held: number): Promise<HTMLElement | false> {
  const left = await app.store.meta<Left>("left");
  if (!left || left.due + left.later === 0) return false;
  return h("p", { class: "field-sub", "data-left": "" }, say("leftOut", { n: held, due: left.due, later: left.later }), " ", h("a", { class: "field-link", href: "/patrol/" }, say("office")));
}

function more(app: App, list: HTMLElement, rest: Site[], busy: Set<string>): HTMLElement {
  const line = h("li", {}, h("button", { class: "field-button wide", onclick: () => {
    line.remove();
    list.append(...rest.slice(0, FIRST).map((site) => card(app, site, busy.has(site.id))));
    if (rest.length > FIRST) list.append(more(app, list, rest.slice(FIRST), busy));
  } }, say("more", { n: rest.length })));
  return line;
}

function card(app: App, site: Site, isBusy: boolean): HTMLElement {
  const here = app.here();
  const metres = here && site.lng && site.lat ? metresApart(here, { lng: site.lng, lat: site.lat }) : null;
  const last = site.last ? `${say("lastVisit")} ${site.last.on}${site.last.findings ? `${say("then")}${site.last.findings} ${say("findings")}` : ""}` : say("neverVisited");
  return h("li", {}, h("a", { class: "field-card", href: `#/site/${site.id}` },
    h("b", {}, site.name),
    h("span", { class: "field-sub" }, site.address, metres !== null && ` · ${metresWords(metres)}`),
    h("span", { class: "field-sub" }, last),
    h("span", { class: "field-marks" },
      isBusy && h("span", { class: "field-mark busy" }, say("underway")),
      site.open.length > 0 && h("span", { class: "field-mark alert" }, icon("alert-triangle"), `${site.open_all ?? site.open.length} ${say("openDangers")}`),
      ...site.trades.map((trade) => h("span", { class: "field-mark" }, pick(trade))))));
}
