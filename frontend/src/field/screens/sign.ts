/** The end of a visit: what will be written, one signature a party, one tap. Nothing is typed here. */
import type { App } from "../app";
import { Capture } from "../capture";
import { frame } from "../frame";
import { append } from "../seal";
import { StorageFull } from "../store";
import type { Both, Lists, Party, Site } from "../types";
import { h, icon, tell } from "../ui";
import { costOf, findingsOf, itemOf, refusedToSign, signedBy } from "../visit";
import { pick, say } from "../words";

export async function signScreen(app: App, id: string): Promise<void> {
  const [site, draft, lists, me] = await Promise.all([app.store.site(id), app.store.draft(id), app.store.lists(), app.store.me()]);
  if (!site || !draft || !lists || !me) { location.hash = "#/"; return; }
  const capture = new Capture(app, draft);
  const entered = performance.now();
  const finish = h("button", { class: "field-button primary wide", "data-act": "finish" }, icon("check"), say("finish"));
  const ready = () => {
    const signed = signedBy(capture.draft.records);
    finish.toggleAttribute("disabled", !(signed.has("inspector") && (signed.has("enterprise") || refusedToSign(capture.draft.records))));
  };
  finish.addEventListener("click", () => {
    finish.setAttribute("disabled", "");
    capture.spent((performance.now() - entered) / 1000);
    void close(app, capture, site.last?.ref ?? "").then((done) => { if (!done) ready(); });
  });
  const findings = findingsOf(draft.records);
  const papers: Both[] = [{ zh: "现场检查记录", en: "Record of the visit" }, ...(findings.some((one) => !one.fixed) ? [me.notice] : [])];
  frame(app, { title: say("signTitle"), back: `#/visit/${id}`, foot: finish },
    h("p", {}, h("b", {}, site.name)),
    h("ul", { class: "field-plain" }, ...(findings.length ? findings.map((one) => h("li", {}, wrongOf(lists, site, one.item), one.note && `${say("told")}${one.note}`, h("br"), h("span", { class: "field-sub" }, one.fixed ? say("fixedNow") : `${say("deadline")} ${one.rectifyBy}`))) : [h("li", {}, say("allOk"))])),
    h("p", { class: "field-sub" }, `${say("papers")}${say("told")}${papers.map(pick).join(say("listed"))}`),
    pad(capture, "inspector", ready), pad(capture, "enterprise", ready), refusal(capture, ready));
  ready();
}

function wrongOf(lists: Lists, site: Site, key: string): string {
  const item = itemOf(lists, site, key);
  return item ? pick(item.wrong) : key;
}

/** A place to sign with the finger; what is drawn is kept as a picture when the finger rests. */
function pad(capture: Capture, party: Party, ready: () => void): HTMLElement {
  const canvas = h("canvas", { class: "field-pad", width: "640", height: "220", "data-pad": party, "aria-label": say(party) });
  const hint = h("span", { class: "field-pad-hint" }, say("signHere"));
  const box = h("section", { class: "field-sign" }, h("h2", {}, say(party)), h("div", { class: "field-pad-box" }, canvas, hint));
  const signed = () => {
    box.dataset["signed"] = "";
    hint.textContent = `✓ ${say("saved")}`;
  };
  if (signedBy(capture.draft.records).has(party)) { signed(); return box; }
  const pen = canvas.getContext("2d")!;
  Object.assign(pen, { lineWidth: 5, lineCap: "round", lineJoin: "round", strokeStyle: "#111" });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  let timer = 0;
  let length = 0;
  const at = (event: PointerEvent): [number, number] => {
    const frame_ = canvas.getBoundingClientRect();
    return [((event.clientX - frame_.left) / frame_.width) * canvas.width, ((event.clientY - frame_.top) / frame_.height) * canvas.height];
  };
  let last: [number, number] | null = null;
  canvas.addEventListener("pointerdown", (event) => {
    if ("signed" in box.dataset) return;
    window.clearTimeout(timer);
    hint.hidden = true;
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const to = at(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...to);
    pen.stroke();
    length += Math.hypot(to[0] - last[0], to[1] - last[1]);
    last = to;
  });
  const lift = () => {
    if (!last) return;
    last = null;
    timer = window.setTimeout(() => { if (length > 60) keep(); else hint.hidden = false; }, 1200);
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  const keep = () => {
    // The picture itself says of which visit it is, so that a signature stands for no other.
    Object.assign(pen, { fillStyle: "#4a5659", font: "20px sans-serif" });
    pen.fillText(`${say(party)} ${new Date().toISOString()} ${capture.draft.series}`, 12, canvas.height - 12, canvas.width - 24);
    canvas.toBlob(take, "image/png");
  };
  const take = (blob: Blob | null) => {
    if (!blob) return;
    void capture.picture(`signature:${party}`, blob, { kind: "signature", data: { party } }).then((kept) => {
      if (kept) { hint.hidden = false; signed(); ready(); }
    });
  };
  return box;
}

function refusal(capture: Capture, ready: () => void): HTMLElement {
  const line = h("p", { class: "field-refusal" });
  const draw = () => {
    if (signedBy(capture.draft.records).has("enterprise")) { line.replaceChildren(); return; }
    if (refusedToSign(capture.draft.records)) { line.replaceChildren(icon("info-circle"), say("refusedNoted")); return; }
    line.replaceChildren(h("button", { class: "field-button quiet", onclick: () => void capture.add("note", { text: "refused_to_sign" }).then((kept) => { if (kept) { draw(); ready(); } }) }, say("refusedToSign")));
  };
  draw();
  return line;
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
