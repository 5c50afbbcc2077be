import { beforeEach, describe, expect, it, vi } from "vitest";
import { outlived } from "./store";
import type { Store } from "./store";
import { giveUpPicture, retryPicture, synchronise } from "./sync";
import type { Picture, Waiting } from "./types";
import { send } from "./uploads";

vi.mock("./uploads", () => ({ send: vi.fn() }));

type Answer = { status?: number; body?: unknown };
let answers: Record<string, Answer>;
let asked: string[];

/** A phone's store in the memory alone: what is asked of it while sending. */
function phone(): { store: Store; photos: Map<string, Picture>; waiting: Map<string, Waiting>; sent: Set<string>; kept: Map<string, unknown> } {
  const photos = new Map<string, Picture>(), waiting = new Map<string, Waiting>(), sent = new Set<string>(), kept = new Map<string, unknown>([["csrf", "c"]]);
  const store = {
    account: "me", meta: async (name: string) => kept.get(name), keep: async (name: string, value: unknown) => void kept.set(name, value),
    lists: async () => undefined, outline: async () => undefined, take: async () => undefined, me: async () => ({ name: "张三" }),
    waiting: async () => [...waiting.values()], refuse: async (one: Waiting) => void waiting.set(one.series, one),
    settle: async ({ series }: { series: string }) => { waiting.delete(series); sent.add(series); },
    pictures: async () => [...photos.keys()], picture: async (key: string) => photos.get(key), sentOne: async (series: string) => sent.has(series) ? { series } : undefined,
    keepPicture: async (one: Picture) => void photos.set(one.sha256, one), dropPicture: async (key: string) => void photos.delete(key),
  } as unknown as Store;
  return { store, photos, waiting, sent, kept };
}
const picture = (sha256: string): Picture => ({ sha256, series: "s", item: "wiring", blob: new Blob(["x"]), at: "", place: null, upload: "", evidence: "", failed: "" });
const refusedUpload = (status: number, body: string) => Object.assign(new Error("tus"), { originalResponse: { getStatus: () => status, getBody: () => body } });
const bundle = (more: object = {}) => ({ now: new Date().toISOString(), csrf: "c", me: { account: "me", ...more }, sites: [], order: "", lists: null, map: null });

beforeEach(() => {
  vi.mocked(send).mockReset();
  asked = [];
  answers = { bundle: { body: bundle() } };
  vi.stubGlobal("fetch", vi.fn(async (path: string) => {
    const name = path.replace("/api/v1/field/", "").split("?")[0]!;
    asked.push(name);
    const { status = 200, body = {} } = answers[name] ?? {};
    return new Response(JSON.stringify(body), { status });
  }));
  vi.stubGlobal("CompressionStream", undefined); // jsdom has no streams of blobs: sent as it is
  Object.defineProperty(navigator, "locks", { configurable: true, value: { request: (_: string, __: object, work: (lock: object) => unknown) => work({}) } });
});

describe("a photo the upload door refuses", () => {
  it("keeps the reason and is not sent again before somebody says so", async () => {
    const { store, photos, sent } = phone();
    sent.add("s");
    photos.set("a", picture("a"));
    vi.mocked(send).mockRejectedValue(refusedUpload(422, JSON.stringify({ code: "evidence", detail: "这不是照片。" })));
    expect(await synchronise(store, () => undefined)).toBe("idle");
    expect(photos.get("a")!.failed).toBe("这不是照片。");
    await synchronise(store, () => undefined);
    expect(send).toHaveBeenCalledTimes(1);
    await retryPicture(store, "a");
    vi.mocked(send).mockResolvedValue("evidence");
    await synchronise(store, () => undefined);
    expect(photos.size).toBe(0);
  });
  it("says the number where no words came", async () => {
    const { store, photos, sent } = phone();
    sent.add("s");
    photos.set("a", picture("a"));
    vi.mocked(send).mockRejectedValue(refusedUpload(413, "<html>too large</html>"));
    await synchronise(store, () => undefined);
    expect(photos.get("a")!.failed).toBe("413");
  });
  it("is tried again by itself where the answer says nothing of the photo", async () => {
    const { store, photos, sent } = phone();
    sent.add("s");
    photos.set("a", picture("a"));
    vi.mocked(send).mockImplementation(async (_, __, began) => { began("/uploads/1"); throw refusedUpload(429, "{}"); });
    await synchronise(store, () => undefined);
    expect(photos.get("a")).toMatchObject({ failed: "", upload: "/uploads/1" }); // it goes on where it stopped
    vi.mocked(send).mockRejectedValue(refusedUpload(403, JSON.stringify({ code: "csrf" })));
    expect(await synchronise(store, () => undefined)).toBe("signin");
    expect(photos.get("a")!.failed).toBe("");
  });
  it("leaves the phone once the platform knows why, and stays where no answer came", async () => {
    const { store, photos } = phone();
    photos.set("a", { ...picture("a"), failed: "413" });
    vi.stubGlobal("fetch", vi.fn(async () => { throw new TypeError("no network"); }));
    expect(await giveUpPicture(store, "a", "照片拍坏了")).toBe(false);
    expect(photos.has("a")).toBe(true);
    const told = vi.fn(async (_: string, options: RequestInit) => new Response(String(options.body)));
    vi.stubGlobal("fetch", told);
    expect(await giveUpPicture(store, "a", "照片拍坏了")).toBe(true);
    expect(JSON.parse(String(told.mock.calls[0]![1].body))).toEqual({ series: "s", sha256: "a", reason: "照片拍坏了 (413)" });
    expect(photos.has("a")).toBe(false);
  });
});

describe("an inspector who moved to another post", () => {
  const visit = (): Waiting => ({ series: "s", site: "x", siteName: "小超市", seq: 1, at: 0, findings: 0, records: [], refused: null });
  it("sends what was made before, and is told", async () => {
    const { store, waiting } = phone();
    waiting.set("s", visit());
    answers["bundle"] = { body: bundle({ inspects: false }) };
    answers["visits"] = { body: { visits: [{ series: "s", ok: true }] } };
    expect(await synchronise(store, () => undefined)).toBe("moved");
    expect(asked).toContain("visits");
    expect(waiting.size).toBe(0);
  });
  it("is told the server's reason where nothing can be sent, not that somebody else is signed in", async () => {
    const { store, waiting, kept } = phone();
    waiting.set("s", visit());
    answers["bundle"] = { status: 403, body: { code: "not_allowed", detail: "现场检查由网格员和监管干部使用。" } };
    expect(await synchronise(store, () => undefined)).toBe("barred");
    expect(kept.get("barred")).toBe("现场检查由网格员和监管干部使用。");
    expect(waiting.size).toBe(1);
  });
});

it("sends a visit under its last digest, and with all of them where that does not come out", async () => {
  const { store, waiting } = phone();
  const body = { v: 1 as const, series: "s", seq: 1, kind: "begin", at: "2026-03-06T01:02:03.000Z", place: null, data: { site: "x" }, previous: "" };
  const records = [{ body, sha256: "d".repeat(64) }];
  waiting.set("s", { series: "s", site: "x", siteName: "小超市", seq: 1, at: 0, findings: 0, records, refused: null });
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", vi.fn(async (path: string, options?: RequestInit) => {
    if (!path.includes("visits")) return new Response(JSON.stringify(bundle()));
    sent.push((JSON.parse(String(options?.body)) as { visits: unknown[] }).visits[0]);
    const refusal = { series: "s", ok: false, code: sent.length === 1 ? "whole" : "invalid", reasons: [{ zh: "第 1 项采集被改动过。", en: "Record 1 was altered." }] };
    return new Response(JSON.stringify({ visits: [refusal] }));
  }));
  await synchronise(store, () => undefined);
  expect(sent).toEqual([
    { series: "s", head: "d".repeat(64), captured: [{ kind: "begin", at: body.at, place: null, data: { site: "x" } }] },
    { series: "s", records },
  ]);
  expect(waiting.get("s")!.refused![0]!.zh).toBe("第 1 项采集被改动过。");
});

it("remembers a visit sent as long as its photos wait", async () => {
  const all = Array.from({ length: 203 }, (_, index) => `v${index}`);
  expect(await outlived(all, async (series) => (series === "v1" ? 2 : 0))).toEqual(["v0", "v2"]);
  expect(await outlived(all.slice(0, 200), async () => 0)).toEqual([]);
});
