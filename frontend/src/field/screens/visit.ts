/** The checklist on site: one tap an item; a finding brings its words, clause, rectification and deadline by itself. */
import type { App } from "../app";
import { Capture } from "../capture";
import { frame } from "../frame";
import type { Answer, Item, Lists, Site } from "../types";
import { confirmed, h, icon, tell } from "../ui";
import { answersOf, dayAfter, fixedIn, isKnown, itemOf, photosOf, refusedToSign, signedBy, unanswered } from "../visit";
import { pick, say } from "../words";

type Here = { app: App; capture: Capture; site: Site; lists: Lists; items: string[]; renew: () => void };
const SEEN = 300;
const ANSWERS: [Answer, "ok" | "finding" | "na"][] = [["ok", "ok"], ["finding", "finding"], ["na", "na"]];

export async function visitScreen(app: App, id: string): Promise<void> {
  const [site, draft, lists] = await Promise.all([app.store.site(id), app.store.draft(id), app.store.lists()]);
  if (!site || !draft || !lists) { location.hash = "#/"; return; }
  app.locate();
  const items = site.items.filter((key) => itemOf(lists, site, key));
  const progress = h("span");
  const kept = h("span", { class: "field-kept" }, say("saved"));
  const rest = h("button", { class: "field-button", "data-act": "rest" });
  const next = h("button", { class: "field-button primary", "data-act": "sign" }, say("toSign"), icon("chevron-right"));
  const here: Here = { app, capture: new Capture(app, draft), site, lists, items, renew: () => renew(here, progress, rest, next) };
  here.capture.told = showKept(kept);
  rest.addEventListener("click", () => void answerRest(here));
  next.addEventListener("click", () => void onward(here));
  const cards = items.map((key) => itemCard(here, key));
  frame(app, { title: site.name, back: `#/site/${id}`, foot: h("div", { class: "field-row" }, rest, next) },
    h("p", { class: "field-progress" }, progress, " · ", kept), signedLine(here), ...byDepartment(here, cards), proofCard(here),
    h("button", { class: "field-button quiet", onclick: () => void giveUp(here) }, icon("trash"), say("drop")));
  here.renew();
  warm(here);
}

/** Says what is on the disk: at once to those who ask the page, to the eye only where it takes long enough to be seen. */
export function showKept(line: HTMLElement): (isKept: boolean) => void {
  const draw = () => {
    const isBehind = "notKept" in line.dataset;
    line.textContent = say(isBehind ? "notSaved" : "saved");
    line.toggleAttribute("data-behind", isBehind);
  };
  let timer = 0;
  return (isKept) => {
    line.toggleAttribute("data-not-kept", !isKept);
    if (!isKept) {
      timer ||= window.setTimeout(draw, SEEN);
      return;
    }
    window.clearTimeout(timer);
    timer = 0;
    draw();
  };
}

/** Said before it happens: whoever signed signs again once the content changes. */
function signedLine(here: Here): HTMLElement | false {
  const { records } = here.capture.draft;
  return (signedBy(records).size > 0 || refusedToSign(records)) && h("p", { class: "field-note-line" }, icon("info-circle"), say("signedAlready"));
}

/** Makes one finding and throws it away: else the first tap of a fresh page pays for what later ones find ready. */
function warm(here: Here): void {
  const [key] = here.items;
  if (!key) return;
  findingPart(here, key, itemOf(here.lists, here.site, key)!, { note: "", rectifyBy: dayAfter(here.app.now(), 0) }, () => undefined);
  here.capture.warm();
}

function byDepartment(here: Here, cards: HTMLElement[]): HTMLElement[] {
  const groups = new Map<string, HTMLElement[]>();
  here.items.forEach((key, index) => {
    const department = pick(itemOf(here.lists, here.site, key)!.department);
    groups.set(department, [...(groups.get(department) ?? []), cards[index]!]);
  });
  return [...groups].map(([name, inside]) => h("section", { class: "field-section" }, h("h2", {}, name), ...inside));
}

function itemCard(here: Here, key: string): HTMLElement {
  const item = itemOf(here.lists, here.site, key)!;
  const card = h("article", { class: "field-item", "data-item": key });
  const draw = () => {
    const given = answersOf(here.capture.draft.records).get(key);
    card.dataset["answer"] = given?.answer ?? "";
    const isOpen = isKnown(here.site, key);
    card.replaceChildren(
      h("p", {}, pick(item.q), item.risk && h("span", { class: `field-mark level-${item.risk.level}` }, pick(item.risk.words)), item.prohibited && h("span", { class: "field-mark" }, say("prohibited")), isOpen && h("span", { class: "field-mark alert" }, say("already"))),
      ...(item.risk ? [h("p", { class: "field-sub" }, `${say("guards")}${say("told")}${item.risk.event}`)] : []),
      h("div", { class: "field-answers", role: "group", "aria-label": pick(item.q) }, ...ANSWERS.map(([answer, word]) =>
        h("button", { type: "button", "data-answer": answer, "aria-pressed": String(given?.answer === answer), onclick: () => void tap(answer) }, say(word)))));
    if (given?.answer === "finding") card.append(findingPart(here, key, item, given, draw));
  };
  const tap = async (answer: Answer) => {
    const given = answersOf(here.capture.draft.records).get(key);
    if (given?.answer === answer) return;
    const now = here.app.now();
    const data = { item: key, answer, ...(answer === "finding" ? { rectify_by: dayAfter(now, item.days), day: dayAfter(now, 0) } : {}) };
    if (await here.capture.add("answer", data)) { draw(); here.renew(); }
  };
  card.addEventListener("redraw", draw);
  draw();
  return card;
}

function findingPart(here: Here, key: string, item: Item, given: { note: string; rectifyBy: string }, draw: () => void): HTMLElement {
  const by = h("input", { type: "date", class: "field-date", value: given.rectifyBy, min: dayAfter(here.app.now(), 0), "aria-label": say("deadline") });
  by.addEventListener("change", () => void here.capture.finding(key, { rectifyBy: by.value }).then(draw));
  const note = h("input", { type: "text", class: "field-note", value: here.capture.draft.typed?.[key] ?? given.note, placeholder: say("note"), "aria-label": say("note"), maxlength: "200", enterkeyhint: "done" });
  here.capture.watch(note);
  note.addEventListener("input", () => here.capture.type(key, note.value));
  note.addEventListener("change", () => void here.capture.finding(key, { note: note.value.trim() }).then(draw));
  const { records } = here.capture.draft;
  const photos = photosOf(records, key).length;
  const isFixed = fixedIn(records).has(key);
  const isNew = !item.major && !isKnown(here.site, key); // the loop settles on the spot only these
  return h("div", { class: "field-finding" },
    h("b", {}, pick(item.wrong)), h("p", {}, pick(item.fix)),
    h("p", { class: "field-sub" }, pick(item.clause), !item.sure && `${say("opened")}${say("unsure")}${say("shut")}`, item.major && h("b", {}, ` ${say("mayBeMajor")}`)),
    !isFixed && h("label", { class: "field-label row" }, say("deadline"), by),
    h("div", { class: "field-row" }, camera(here, key, photos, draw), note),
    isFixed && h("p", { class: "field-good", "data-fixed": "" }, icon("circle-check"), say("fixedNow")),
    !isFixed && isNew && photos > 0 && camera(here, key, 0, draw, "fixed"));
}

function camera(here: Here, item: string, photos: number, draw: () => void, kind: "photo" | "fixed" = "photo"): HTMLElement {
  const mark = kind === "fixed" ? "data-camera-after" : "data-camera";
  const input = h("input", { type: "file", accept: "image/*", capture: "environment", class: "visually-hidden", [mark]: item });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file) void here.capture.photo(item, file, kind).then((kept) => { if (kept) { draw(); here.renew(); } });
  });
  const words = kind === "fixed" ? say("fixNow") : photos === 1 ? say("onePhoto") : photos ? `${photos} ${say("photos")}` : say("photo");
  return h("label", { class: "field-button camera" }, icon("camera"), words, input);
}

function proofCard(here: Here): HTMLElement {
  const card = h("article", { class: "field-item", "data-item": "proof" });
  const draw = () => card.replaceChildren(h("p", {}, say("proof")), camera(here, "proof", photosOf(here.capture.draft.records, "proof").length, draw));
  draw();
  return card;
}

function renew(here: Here, progress: HTMLElement, rest: HTMLElement, next: HTMLElement): void {
  const { records } = here.capture.draft;
  const left = unanswered(records, here.items).length;
  progress.textContent = `${say("answered")} ${here.items.length - left} / ${here.items.length}`;
  rest.textContent = say(left === here.items.length ? "allOk" : "restOk");
  rest.hidden = left === 0;
  next.toggleAttribute("data-ready", left === 0);
}

/** "Nothing wrong" in one tap: what is not answered yet is in order. */
async function answerRest(here: Here): Promise<void> {
  for (const item of unanswered(here.capture.draft.records, here.items)) {
    if (!(await here.capture.add("answer", { item, answer: "ok" }))) break;
  }
  for (const card of document.querySelectorAll(".field-item[data-item]")) card.dispatchEvent(new Event("redraw"));
  here.renew();
}

async function onward(here: Here): Promise<void> {
  (document.activeElement as HTMLElement | null)?.blur(); // a tap does not everywhere take the focus from the field
  await here.capture.write();
  if (!(await here.capture.settle())) return;
  const { records } = here.capture.draft;
  const left = unanswered(records, here.items);
  if (left.length > 0) {
    tell(say("needAnswers", { n: left.length }), "bad");
    document.querySelector(`[data-item="${left[0]}"]`)?.scrollIntoView({ block: "center" });
    return;
  }
  const anyPhoto = records.some(({ body }) => body.kind === "photo");
  if (!anyPhoto) {
    tell(say("needProof"), "bad");
    document.querySelector('[data-item="proof"]')?.scrollIntoView({ block: "center" });
    return;
  }
  document.querySelector(".field-toast.bad")?.remove(); // what was missing is there
  location.hash = `#/sign/${here.site.id}`;
}

async function giveUp(here: Here): Promise<void> {
  if (!(await confirmed(say("dropSure"), say("yes"), say("no")))) return;
  await here.capture.after(() => here.app.store.dropDraft(here.site.id));
  await here.app.recount();
  location.hash = "#/";
}
