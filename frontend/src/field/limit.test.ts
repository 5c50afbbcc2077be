import { expect, it, vi } from "vitest";
import { App } from "./app";
import { visitScreen } from "./screens/visit";
import { append } from "./seal";
import type { Store } from "./store";
import type { Draft, Item } from "./types";
import { answersOf, dayAfter } from "./visit";

const DAY = 86_400;
const both = (text: string) => ({ zh: text, en: text });

it("counts the limit to rectify by the server's calendar, and says from which day", async () => {
  document.body.innerHTML = '<div id="app"></div>';
  const item: Item = { q: both("线路"), wrong: both("裸露"), fix: both("更换"), clause: both("第一条"), department: both("消防"), days: 3, prohibited: false, major: false, sure: true };
  const records = await append([], "s", "begin", { site: "x" }, null, new Date());
  let draft: Draft = { series: "s", site: "x", siteName: "", purpose: "routine", records, budget: { writing: 0, keys: 0 }, begunAt: 0 };
  const store = {
    site: async () => ({ id: "x", name: "小超市", items: ["wiring"], open: [] }), draft: async () => draft, lists: async () => ({ stamp: "", items: { wiring: item }, purposes: [] }),
    keepDraft: vi.fn(async (kept: Draft) => { draft = kept; }),
  } as unknown as Store;
  const app = new App(store);
  app.offset = 20 * DAY; // this phone's clock is twenty days behind
  await visitScreen(app, "x");
  document.querySelector<HTMLElement>('[data-answer="finding"]')!.click();
  await vi.waitFor(() => expect(store.keepDraft).toHaveBeenCalled());
  const today = dayAfter(new Date(Date.now() + 20 * DAY * 1000), 0);
  expect(answersOf(draft.records).get("wiring")?.rectifyBy).toBe(dayAfter(app.now(), 3));
  expect(draft.records.at(-1)!.body.data["day"]).toBe(today);
  await vi.waitFor(() => expect(document.querySelector<HTMLInputElement>(".field-date")?.min).toBe(today));
});
