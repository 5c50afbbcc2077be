import { describe, expect, it } from "vitest";
import { append, canonical, wellFormed } from "./seal";
import { answersOf, costOf, dayAfter, findingsOf, fixedIn, itemOf, signedBy, unanswered } from "./visit";
import type { Sealed, Site } from "./types";

const AT = new Date("2026-03-06T01:02:03.000Z");

async function series(): Promise<Sealed[]> {
  let records: Sealed[] = [];
  const add = async (kind: string, data: Record<string, unknown>) => { records = await append(records, "s", kind, data, null, AT); };
  await add("begin", { site: "x" });
  await add("answer", { item: "a", answer: "ok" });
  await add("answer", { item: "b", answer: "finding", note: "门口" });
  await add("answer", { item: "a", answer: "finding" });
  await add("signature", { party: "inspector", sha256: "0" });
  return records;
}

describe("sealing", () => {
  it("writes what every other program writes", () => {
    expect(canonical({ b: 1, a: ["é\n", null, true], 中: "“" })).toBe('{"a":["é\\n",null,true],"b":1,"中":"“"}');
    expect(() => canonical({ a: 1.5 })).toThrow();
  });
  it("hangs each record on the one before", async () => {
    const records = await series();
    expect(records.map((one) => one.body.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(records[1]?.body.previous).toBe(records[0]?.sha256);
    // The same body on the server gives the same digest (kernel/ledger/tests/test_device.py).
    expect(records[0]?.sha256).toBe("4f0d67deb00cfdaa4bf5164b901f2ef510f72d943a67f0d1487f75cff0eee91f");
  });
  it("takes half a character out", () => {
    expect(wellFormed("好\ud83d")).toBe("好\ufffd");
    expect(wellFormed("😀")).toBe("😀");
  });
});

describe("a visit", () => {
  it("shows the last answer to an item", async () => {
    const records = await series();
    expect(answersOf(records).get("a")?.answer).toBe("finding");
    expect(findingsOf(records).map((one) => one.item)).toEqual(["a", "b"]);
    expect(unanswered(records, ["a", "b", "c"])).toEqual(["c"]);
    expect([...signedBy(records)]).toEqual(["inspector"]);
  });
  it("counts what the paperwork cost", async () => {
    const draft = { series: "s", site: "x", siteName: "", purpose: "routine", records: await series(), budget: { writing: 12.4, keys: 5 }, begunAt: 0 };
    expect(costOf(draft, 480_000)).toEqual({ site: 480, writing: 12, keys: 5, signatures: 1, documents: 2, fixed: 0 });
  });
  it("makes no notice of what was put right before the inspector's eyes", async () => {
    let records = await series();
    for (const item of ["a", "b"]) records = await append(records, "s", "fixed", { item, sha256: "1" }, null, AT);
    expect([...fixedIn(records)]).toEqual(["a", "b"]);
    const draft = { series: "s", site: "x", siteName: "", purpose: "routine", records, budget: { writing: 0, keys: 0 }, begunAt: 0 };
    expect(costOf(draft, 0)).toMatchObject({ documents: 1, fixed: 2 });
    records = await append(records, "s", "answer", { item: "a", answer: "ok" }, null, AT);
    expect([...fixedIn(records)]).toEqual(["b"]); // no finding after all
  });
  it("asks what the site's own measures ask", () => {
    const both = (text: string) => ({ zh: text, en: text });
    const lists = { stamp: "", items: {}, purposes: [], measures: { heading: both("本单位"), wrong: both("没有落实：{what}"), clause: both("第四十一条"), sure: true, days: { 4: 3 }, levels: { 4: both("重大风险") } } };
    const site = { own: [["measure:1", "防护罩完好", "装防护罩", "卷入", 4]] } as unknown as Site;
    expect(itemOf(lists, site, "measure:1")).toMatchObject({ days: 3, wrong: { zh: "没有落实：防护罩完好" }, risk: { event: "卷入" } });
    expect(itemOf(lists, site, "measure:2")).toBeNull();
  });
  it("counts days in the city's own time", () => {
    expect(dayAfter(new Date("2026-03-06T17:00:00Z"), 3)).toBe("2026-03-10");
  });
});
