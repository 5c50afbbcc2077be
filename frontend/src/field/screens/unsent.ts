/** What waits and what was sent: counts, refusals in words, conflicts with both versions kept, the cost of the paperwork. */
import type { App } from "../app";
import { frame } from "../frame";
import type { Cost, Sent, Waiting } from "../types";
import type { RefusedPicture } from "../store";
import { giveUpPicture, retryPicture } from "../sync";
import { chosen, h, icon, tell } from "../ui";
import { pick, say } from "../words";

export async function unsentScreen(app: App): Promise<void> {
  const draw = async () => {
    const [waiting, sent, drafts, refused] = await Promise.all([app.store.waiting(), app.store.sent(), app.store.drafts(), app.store.refusedPictures()]);
    const { counts } = app;
    if (location.hash !== "#/unsent") return; // somebody went on meanwhile
    frame(app, { title: say("unsent"), here: "#/unsent" },
      h("div", { class: "field-counts" }, count(counts.visits, say("unsentVisits")), count(counts.photos, say("unsentPhotos")), count(counts.drafts, say("unsentDrafts"))),
      app.unsent === 0 && h("p", { class: "field-good" }, icon("circle-check"), say("unsentNone")),
      counts.visits + counts.photos > 0 && h("button", { class: "field-button primary wide", onclick: () => app.sync() }, icon("cloud-upload"), say("sendNow")),
      ...drafts.map((one) => h("a", { class: "field-card", href: `#/visit/${one.site}` }, h("b", {}, one.siteName), h("span", { class: "field-mark busy" }, say("underway")))),
      ...waiting.map((one) => waitingCard(app, one, draw)),
      ...refused.map((one) => pictureCard(app, one, sent.find(({ series }) => series === one.series)?.siteName ?? "", draw)),
      sent.length > 0 && h("h2", {}, say("sentTitle")),
      ...sent.slice(0, 50).map(sentCard));
  };
  await app.recount();
  await draw();
  // A picture that is refused is still counted: where sending has come to rest, what was refused is shown.
  const seen = () => JSON.stringify([app.counts, app.state === "sending" ? "" : app.state]);
  let shown = seen();
  app.screen = () => {
    const now = seen();
    if (now !== shown) { shown = now; void draw(); }
  };
}

function count(number: number, words: string): HTMLElement {
  return h("div", {}, h("b", {}, String(number)), h("span", {}, words));
}

function waitingCard(app: App, one: Waiting, draw: () => Promise<void>): HTMLElement {
  const card = h("article", { class: "field-card" }, h("b", {}, one.siteName), h("span", { class: "field-sub" }, when(one.at)));
  if (!one.refused && app.state === "barred") card.append(h("div", { class: "field-row" }, h("button", { class: "field-button", onclick: () => copy(one) }, icon("download"), say("saveCopy"))));
  if (one.refused) {
    card.append(h("span", { class: "field-mark alert" }, say("refusedTitle")), ...one.refused.map((reason) => h("p", {}, pick(reason))), h("p", { class: "field-sub" }, say("refusedHelp")),
      h("div", { class: "field-row" },
        h("button", { class: "field-button", onclick: () => copy(one) }, icon("download"), say("saveCopy")),
        h("button", { class: "field-button", onclick: () => void app.store.refuse({ ...one, refused: null }).then(() => { app.sync(); return draw(); }) }, icon("refresh"), say("tryAgain"))));
  }
  return card;
}

function pictureCard(app: App, one: RefusedPicture, siteName: string, draw: () => Promise<void>): HTMLElement {
  const drop = async () => {
    const reason = await chosen(say("dropPhotoSure"), [say("dropSpoilt"), say("dropDouble"), say("dropAstray")], say("no"));
    if (!reason) return;
    if (!(await giveUpPicture(app.store, one.sha256, reason))) tell(say("dropOffline"), "bad");
    await app.recount();
    await draw();
  };
  const again = () => void retryPicture(app.store, one.sha256).then(() => { app.sync(); return draw(); });
  const why = /^\d+$/.test(one.failed) ? say("refusedStatus", { n: one.failed }) : one.failed;
  return h("article", { class: "field-card", "data-photo": one.sha256 }, h("b", {}, siteName || say("photoRefused")),
    h("span", { class: "field-mark alert" }, say("photoRefused")), h("p", {}, why),
    h("div", { class: "field-row" }, h("button", { class: "field-button", onclick: again }, icon("refresh"), say("tryAgain")),
      h("button", { class: "field-button", onclick: () => void drop() }, icon("trash"), say("dropPhoto"))));
}

function copy(one: Waiting): void {
  const link = h("a", { href: URL.createObjectURL(new Blob([JSON.stringify({ series: one.series, records: one.records })], { type: "application/json" })), download: `${one.siteName}-${one.series.slice(0, 8)}.json` });
  link.click();
  URL.revokeObjectURL(link.href);
}

export function sentCard(one: Sent): HTMLElement {
  const { result } = one;
  return h("article", { class: "field-card", "data-series": one.series },
    h("b", {}, one.siteName), h("span", { class: "field-sub" }, `${result.number ?? ""} · ${when(one.at)}`),
    ...(result.notes ?? []).map((note) => h("p", { class: "field-note-line" }, icon("info-circle"), pick(note))),
    ...Object.entries(result.dangers ?? {}).map(([, danger]) => h("span", { class: "field-sub" }, `${danger.number}${danger.known ? `${say("opened")}${say("knownBefore")}${say("shut")}` : ""}`)),
    h("p", { class: "field-sub", "data-cost": "" }, costWords(one.cost)),
    h("div", { class: "field-row" }, ...(result.documents ?? []).map((paper) => h("a", { class: "field-button", href: paper.url }, icon("file-text"), pick(paper.words)))));
}

export function costWords(cost: Cost): string {
  const minutes = (seconds: number) => (seconds / 60).toFixed(seconds < 600 ? 1 : 0);
  return [`${say("onSite")} ${minutes(cost.site)} ${say("minutes")}`, `${say("writing")} ${minutes(cost.writing)} ${say("minutes")}`, `${cost.keys} ${say("keys")}`, `${cost.signatures} ${say("signatures")}`, `${cost.documents} ${say("documents")}`, ...(cost.fixed ? [`${cost.fixed} ${say("fixed")}`] : [])].join(" · ");
}

export function when(at: number): string {
  const there = new Date(at + 8 * 3_600_000).toISOString();
  return `${there.slice(0, 10)} ${there.slice(11, 16)}`;
}

/** What the inspector sees when a visit is finished: kept, then sent, with what it cost. */
export async function doneScreen(app: App, series: string): Promise<void> {
  const draw = async () => {
    const [sent, cost] = await Promise.all([app.store.sentOne(series), app.store.meta<Cost>(`cost:${series}`)]);
    if (location.hash !== `#/done/${series}`) return;
    frame(app, { title: say("done"), here: "#/" }, h("p", { class: "field-good" }, icon("circle-check"), say(sent ? "sentTitle" : "saved")),
      h("h2", {}, say("paperwork")), h("p", { "data-cost": "" }, costWords(sent?.cost ?? cost ?? { site: 0, writing: 0, keys: 0, signatures: 0, documents: 0 })),
      sent && sentCard(sent), h("a", { class: "field-button primary wide", href: "#/" }, say("today")));
  };
  let shown = "";
  await draw();
  app.screen = () => void app.store.sentOne(series).then((sent) => {
    if (sent && shown !== "sent" && app.screen) { shown = "sent"; void draw(); }
  });
}
