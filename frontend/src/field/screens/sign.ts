/** The end of a visit: what will be written, one signature a party, one tap. Nothing is typed here. */
import type { App } from "../app";
import { Capture } from "../capture";
import { frame } from "../frame";
import { append } from "../seal";
import { Overtaken, StorageFull } from "../store";
import type { Both, Lists, Party, Site } from "../types";
import { confirmed, h, icon, tell } from "../ui";
import { costOf, findingsOf, itemOf, overtakenOf, refusedToSign, signedBy } from "../visit";
import { pick, say } from "../words";

export async function signScreen(app: App, id: string): Promise<void> {
  const [site, draft, lists, me] = await Promise.all([app.store.site(id), app.store.draft(id), app.store.lists(), app.store.me()]);
  if (!site || !draft || !lists || !me) { location.hash = "#/"; return; }
  const capture = new Capture(app, draft);
  if (!(await capture.settle())) { location.hash = `#/visit/${id}`; return; }
  const entered = performance.now();
  const finish = h("button", { class: "field-button primary wide", "data-act": "finish" }, icon("check"), say("finish"));
  const pads: Pad[] = [];
  const refused = refusal(capture, () => ready());
  const ready = () => {
    const signed = signedBy(capture.draft.records);
    const whole = signed.has("inspector") && (signed.has("enterprise") || refusedToSign(capture.draft.records));
    finish.toggleAttribute("disabled", !whole || pads.some((one) => one.busy()));
    refused.draw();
  };
  pads.push(pad(capture, "inspector", ready), pad(capture, "enterprise", ready));
  finish.addEventListener("click", () => {
    finish.setAttribute("disabled", "");
    capture.spent((performance.now() - entered) / 1000);
    void close(app, capture, site.last?.ref ?? "").then((done) => { if (!done) ready(); });
  });
  const { records } = capture.draft;
  const findings = findingsOf(records);
  const papers: Both[] = [{ zh: "现场检查记录", en: "Record of the visit" }, ...(findings.some((one) => !one.fixed) ? [me.notice] : [])];
  frame(app, { title: say("signTitle"), back: `#/visit/${id}`, foot: finish },
    h("p", {}, h("b", {}, site.name)),
    h("ul", { class: "field-plain" }, ...(findings.length ? findings.map((one) => h("li", {}, wrongOf(lists, site, one.item), one.note && `${say("told")}${one.note}`, h("br"), h("span", { class: "field-sub" }, one.fixed ? say("fixedNow") : `${say("deadline")} ${one.rectifyBy}`))) : [h("li", {}, say("allOk"))])),
    h("p", { class: "field-sub" }, `${say("papers")}${say("told")}${papers.map(pick).join(say("listed"))}`),
    overtakenOf(records).size > 0 && h("p", { class: "field-note-line" }, icon("info-circle"), say("signAgain")),
    ...pads.map((one) => one.box), refused.line);
  ready();
}

function wrongOf(lists: Lists, site: Site, key: string): string {
  const item = itemOf(lists, site, key);
  return item ? pick(item.wrong) : key;
}

type Pad = { box: HTMLElement; busy: () => boolean };
const RESTING = 1_200;
const LEAST_INK = 60;

/** A place to sign with the finger; what is drawn is kept as a picture when the finger rests. Who goes on writing after a rest
    signs anew, the last picture counts; who signed wrongly, or on the other's place, wipes it off and signs again. */
function pad(capture: Capture, party: Party, ready: () => void): Pad {
  const canvas = h("canvas", { class: "field-pad", width: "640", height: "220", "data-pad": party, "aria-label": say(party) });
  const hint = h("span", { class: "field-pad-hint" }, say("signHere"));
  const redo = h("button", { type: "button", class: "field-button quiet", "data-redo": party, onclick: () => wipe() }, icon("refresh"), say("redo"));
  const box = h("section", { class: "field-sign" }, h("div", { class: "field-sign-head" }, h("h2", {}, say(party)), redo), h("div", { class: "field-pad-box" }, canvas, hint));
  const pen = canvas.getContext("2d")!;
  const state = { timer: 0, length: 0, stroke: 0, isBusy: false, isElsewhere: signedBy(capture.draft.records).has(party) };
  const blank = () => {
    Object.assign(pen, { lineWidth: 5, lineCap: "round", lineJoin: "round", strokeStyle: "#111", fillStyle: "#fff" });
    pen.fillRect(0, 0, canvas.width, canvas.height);
  };
  const show = () => {
    const isSigned = !state.isBusy && signedBy(capture.draft.records).has(party);
    box.toggleAttribute("data-signed", isSigned);
    hint.textContent = isSigned ? `✓ ${say("saved")}` : say("signHere");
    hint.hidden = !isSigned && (state.isBusy || state.length > 0);
    redo.hidden = !isSigned && state.length === 0;
    ready();
  };
  const keep = (stroke: number) => canvasWith(canvas, capture, party).toBlob((blob) => {
    if (!blob || stroke !== state.stroke) return; // the finger went on meanwhile, or it was wiped off
    void capture.picture(`signature:${party}`, blob, { kind: "signature", data: { party } }).then(() => {
      if (stroke === state.stroke) { state.isBusy = false; show(); }
    });
  }, "image/png");
  const rested = () => {
    if (state.length > LEAST_INK) keep(state.stroke);
    else wipe();
  };
  const wipe = () => {
    window.clearTimeout(state.timer);
    state.stroke += 1;
    Object.assign(state, { length: 0, isBusy: false, isElsewhere: false });
    blank();
    // After whatever is being kept just now: what was signed is taken back, in the chain like everything else.
    void capture.after(async () => undefined).then(() => signedBy(capture.draft.records).has(party) ? capture.add("note", { text: "signed_anew", party }) : true).then(show);
  };
  drawing(canvas, pen, {
    may: () => !state.isElsewhere, // signed before this page was opened: it is wiped off first
    begin: () => {
      window.clearTimeout(state.timer);
      state.stroke += 1;
      state.isBusy = true;
      show();
    },
    moved: (length) => { state.length += length; },
    end: () => { state.timer = window.setTimeout(rested, RESTING); },
  });
  blank();
  if (state.isElsewhere) void drawKept(capture, party, pen, () => state.isElsewhere);
  // `ready` draws all places at once: this one is part of them only when it is handed back.
  queueMicrotask(show);
  return { box, busy: () => state.isBusy };
}

/** Shows what was signed before this page was opened. */
async function drawKept(capture: Capture, party: Party, pen: CanvasRenderingContext2D, isStill: () => boolean): Promise<void> {
  const last = capture.draft.records.filter(({ body }) => body.kind === "signature" && body.data["party"] === party).at(-1);
  const picture = await capture.app.store.picture(String(last?.body.data["sha256"]));
  const drawn = picture && (await createImageBitmap(picture.blob).catch(() => null));
  if (drawn && isStill()) pen.drawImage(drawn, 0, 0);
}

/** The picture itself says of which visit it is, so that a signature stands for no other; the place to sign on stays clean. */
function canvasWith(drawn: HTMLCanvasElement, capture: Capture, party: Party): HTMLCanvasElement {
  const whole = h("canvas", { width: drawn.width, height: drawn.height });
  const pen = whole.getContext("2d")!;
  pen.drawImage(drawn, 0, 0);
  Object.assign(pen, { fillStyle: "#4a5659", font: "20px sans-serif" });
  pen.fillText(`${say(party)} ${capture.app.now().toISOString()} ${capture.draft.series}`, 12, whole.height - 12, whole.width - 24);
  return whole;
}

type Strokes = { may: () => boolean; begin: () => void; moved: (length: number) => void; end: () => void };

/** Follows the finger over a canvas. */
function drawing(canvas: HTMLCanvasElement, pen: CanvasRenderingContext2D, strokes: Strokes): void {
  let last: [number, number] | null = null;
  const at = (event: PointerEvent): [number, number] => {
    const frame_ = canvas.getBoundingClientRect();
    return [((event.clientX - frame_.left) / frame_.width) * canvas.width, ((event.clientY - frame_.top) / frame_.height) * canvas.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!strokes.may()) return;
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    strokes.begin();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const to = at(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...to);
    pen.stroke();
    strokes.moved(Math.hypot(to[0] - last[0], to[1] - last[1]));
    last = to;
  });
  const lift = () => {
    if (!last) return;
    last = null;
    strokes.end();
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}

/** They refuse to sign: asked once more, noted, and taken back by a tap or by signing after all. */
function refusal(capture: Capture, ready: () => void): { line: HTMLElement; draw: () => void } {
  const line = h("p", { class: "field-refusal" });
  const note = async (text: string) => { if (await capture.add("note", { text })) ready(); };
  const refuse = async () => { if (await confirmed(say("refusedSure"), say("yes"), say("no"))) await note("refused_to_sign"); };
  const button = (act: string, words: string, does: () => Promise<void>) => h("button", { type: "button", class: "field-button quiet", "data-act": act, onclick: () => void does() }, words);
  const draw = () => {
    const { records } = capture.draft;
    if (signedBy(records).has("enterprise")) line.replaceChildren();
    else if (refusedToSign(records)) line.replaceChildren(icon("info-circle"), say("refusedNoted"), button("take-back", say("takeBack"), () => note("refusal_taken_back")));
    else line.replaceChildren(button("refuse", say("refusedToSign"), refuse));
  };
  draw();
  return { line, draw };
}

/** Seals the visit, moves it into the queue in one transaction, and begins to send; gives whether it is done. */
async function close(app: App, capture: Capture, lastRef: string): Promise<boolean> {
  const { draft } = capture;
  const cost = costOf(draft, Date.now());
  const chain = await app.store.chain();
  const earlier = (await app.store.waiting()).filter((one) => one.site === draft.site).at(-1)?.records.at(-1)?.sha256;
  const data = {
    device: chain.device, device_seq: chain.seq + 1, device_previous: chain.head, based_on: earlier ?? lastRef,
    clock_offset: await app.store.offset(), seconds_on_site: cost.site, seconds_writing: cost.writing, keystrokes: cost.keys,
    ...(refusedToSign(draft.records) ? { summary: "被检查单位拒绝签名" } : {}),
  };
  const records = await append(draft.records, draft.series, "finish", data, app.here(), new Date());
  const head = records.at(-1)!.sha256;
  const waiting = { series: draft.series, site: draft.site, siteName: draft.siteName, seq: chain.seq + 1, at: Date.now(), findings: findingsOf(records).length, records, refused: null };
  try {
    await app.store.finish(draft, waiting, { device: chain.device, seq: chain.seq + 1, head }, cost);
  } catch (fault) {
    if (fault instanceof Overtaken) return capture.readAnew();
    if (!(fault instanceof StorageFull)) throw fault;
    tell(say("fullText"), "bad");
    return false;
  }
  tell(say("done"));
  await app.recount();
  app.sync();
  location.hash = `#/done/${draft.series}`;
  return true;
}
