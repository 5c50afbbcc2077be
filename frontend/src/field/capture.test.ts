import { beforeEach, describe, expect, it, vi } from "vitest";
import type { App } from "./app";
import { Capture } from "./capture";
import { append } from "./seal";
import { goesOn, Overtaken, StorageFull, type Store } from "./store";
import type { Draft } from "./types";
import { showKept } from "./screens/visit";
import { findingsOf, unsealed } from "./visit";
import { say } from "./words";

const AT = new Date("2026-03-06T01:02:03.000Z");
let disk: Draft[];
let isFull: boolean;
let isOvertaken: boolean;
let carried: Draft["typed"][];

/** A visit with one finding, on a phone whose disk takes a turn of the clock for each writing. */
async function visit(typed?: Record<string, string>): Promise<Capture> {
  const keepDraft = async (draft: Draft) => {
    await new Promise((done) => setTimeout(done, 1));
    if (isFull) throw new StorageFull();
    if (isOvertaken) throw new Overtaken();
    disk.push(structuredClone(draft));
  };
  const keepWords = async ({ typed }: Draft) => void carried.push({ ...typed });
  const app = { store: { keepDraft, keepWords } as unknown as Store, here: () => null, now: () => AT } as unknown as App;
  let records = await append([], "s", "begin", {}, null, AT);
  records = await append(records, "s", "answer", { item: "wiring", answer: "finding", rectify_by: "2026-03-16" }, null, AT);
  return new Capture(app, { series: "s", site: "x", siteName: "", purpose: "routine", records, budget: { writing: 0, keys: 0 }, begunAt: 0, ...(typed ? { typed } : {}) });
}

beforeEach(() => { disk = []; carried = []; isFull = isOvertaken = false; });

describe("words under way", () => {
  it("are on the disk while the finger is still in the field", async () => {
    const capture = await visit();
    for (const text of ["后", "后厨"]) capture.type("wiring", text);
    await capture.after(async () => undefined);
    expect([disk.length, disk.at(-1)?.typed, disk.at(-1)?.records.length]).toEqual([1, { wiring: "后厨" }, 2]);
  });
  it("typed while a tap is sealed are not left behind", async () => {
    const capture = await visit();
    const tapped = capture.add("answer", { item: "training", answer: "ok" });
    capture.type("wiring", "后厨");
    await tapped;
    await capture.after(async () => undefined);
    expect([disk.at(-1)?.typed, disk.at(-1)?.records.length]).toEqual([{ wiring: "后厨" }, 3]);
  });
  it("are sealed with the day the finding had, by whoever goes on with the visit", async () => {
    const capture = await visit({ wiring: " 后厨 ", training: "never a finding" });
    await capture.settle();
    expect(findingsOf(capture.draft.records)).toEqual([{ item: "wiring", note: "后厨", rectifyBy: "2026-03-16", fixed: false }]);
    expect(unsealed(capture.draft)).toEqual([]);
    await capture.settle();
    expect(capture.draft.records.length).toBe(3);
  });
  it("typed in a window that another has gone beyond are laid into the visit before the page is read anew", async () => {
    const reload = vi.fn();
    vi.stubGlobal("location", { reload });
    const capture = await visit();
    isOvertaken = true;
    capture.type("wiring", "后厨");
    await capture.after(async () => undefined);
    expect([carried, reload.mock.calls.length]).toEqual([[{ wiring: "后厨" }], 1]);
    vi.unstubAllGlobals();
  });
  it("that wait to be sealed are not written upon what another window added meanwhile", async () => {
    vi.stubGlobal("location", { reload: vi.fn() });
    const capture = await visit();
    isOvertaken = true;
    capture.type("wiring", "后厨");
    const sealed = capture.finding("wiring", { note: "后厨" }); // waits behind it: one record more, as many as the other window has
    await capture.after(async () => { isOvertaken = false; });
    expect([await sealed, await capture.add("answer", { item: "training", answer: "ok" }), disk.length]).toEqual([false, false, 0]);
    vi.unstubAllGlobals();
  });
  it("stay under way where the phone has no room to seal them", async () => {
    const capture = await visit({ wiring: "后厨" });
    isFull = true;
    expect([await capture.settle(), unsealed(capture.draft).length]).toEqual([false, 1]);
    isFull = false;
    expect([await capture.settle(), unsealed(capture.draft).length]).toEqual([true, 0]);
  });
  it("are not wiped by a day chosen while they are sealed, and are sealed once", async () => {
    const capture = await visit();
    await Promise.all([capture.finding("wiring", { note: "后厨" }), capture.finding("wiring", { rectifyBy: "2026-03-20" }), capture.finding("wiring", { note: "后厨" })]);
    expect(findingsOf(capture.draft.records)).toEqual([{ item: "wiring", note: "后厨", rectifyBy: "2026-03-20", fixed: false }]);
    expect(capture.draft.records.length).toBe(4);
  });
  it("of what is no finding any more are not sealed", async () => {
    const capture = await visit({ wiring: "后厨" });
    void capture.add("answer", { item: "wiring", answer: "ok" });
    await capture.finding("wiring", { note: "后厨" });
    expect(findingsOf(capture.draft.records)).toEqual([]);
  });
  it("taken out again are sealed as none", async () => {
    const capture = await visit();
    await capture.finding("wiring", { note: "后厨" });
    capture.type("wiring", "");
    expect(unsealed(capture.draft).map((one) => one.note)).toEqual([""]);
  });
});

describe("a visit in two windows", () => {
  it("goes on only from the very record at which it is kept", async () => {
    const { draft } = await visit();
    const more = async (item: string) => ({ ...draft, records: await append(draft.records, "s", "answer", { item, answer: "ok" }, null, AT) });
    const [mine, other] = [await more("training"), await more("exits")];
    const head = (one: Draft) => one.records.at(-1)!.sha256;
    expect([goesOn(mine, ["s", 2, head(draft)]), goesOn(draft, ["s", 2, head(draft)])]).toEqual([true, true]);
    expect(goesOn(mine, ["s", 3, head(other)])).toBe(false); // as long, and not the same
    expect([goesOn(draft, ["s", 3, head(mine)]), goesOn(mine, ["t", 1]), goesOn(mine, undefined)]).toEqual([false, false, false]);
    expect(goesOn(mine, ["s", 2])).toBe(true); // kept before seals stood beside it
  });
});

describe("what the screen says of the disk", () => {
  it("is behind while anything waits, and kept after the last", async () => {
    const capture = await visit();
    const told: boolean[] = [];
    capture.told = (isKept) => told.push(isKept);
    const first = capture.add("answer", { item: "training", answer: "ok" });
    capture.type("wiring", "后厨");
    await first;
    await capture.after(async () => undefined);
    await new Promise((done) => setTimeout(done, 5));
    expect([told[0], told.at(-1), told.filter(Boolean).length]).toEqual([false, true, 1]);
  });
  it("is never kept on a full phone, until it takes the words after all", async () => {
    const capture = await visit();
    const told: boolean[] = [];
    capture.told = (isKept) => told.push(isKept);
    isFull = true;
    capture.type("wiring", "后");
    await capture.after(async () => undefined);
    await new Promise((done) => setTimeout(done, 5));
    expect(told.includes(true)).toBe(false);
    isFull = false;
    capture.type("wiring", "后厨");
    await new Promise((done) => setTimeout(done, 10));
    expect([told.at(-1), disk.at(-1)?.typed]).toEqual([true, { wiring: "后厨" }]);
  });
});

describe("the line above the list", () => {
  it("says that the disk is behind however many taps come meanwhile, and is calm while it keeps up", () => {
    vi.useFakeTimers();
    const line = document.createElement("span"), told = showKept(line);
    told(false); vi.advanceTimersByTime(100); told(true);
    vi.advanceTimersByTime(1_000);
    expect([line.textContent, line.dataset["behind"]]).toEqual([say("saved"), undefined]);
    for (let n = 0; n < 5; n += 1) { told(false); vi.advanceTimersByTime(100); }
    expect([line.textContent, line.dataset["behind"]]).toEqual([say("notSaved"), ""]);
    told(true);
    expect([line.textContent, line.dataset["behind"]]).toEqual([say("saved"), undefined]);
    vi.useRealTimers();
  });
});
