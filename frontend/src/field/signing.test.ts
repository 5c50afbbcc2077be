import { describe, expect, it } from "vitest";
import { append } from "./seal";
import { costOf, overtakenOf, refusedToSign, signedBy } from "./visit";
import type { Sealed } from "./types";

type Told = [kind: string, data: Record<string, unknown>];
const AT = new Date("2026-03-06T01:02:03.000Z");
const signs = (party: string): Told => ["signature", { party, sha256: "0" }];
const says = (text: string, party?: string): Told => ["note", { text, party }];

async function visit(...told: Told[]): Promise<Sealed[]> {
  let records: Sealed[] = [];
  for (const [kind, data] of [["begin", {}], ["answer", { item: "a", answer: "ok" }], ...told] as Told[]) records = await append(records, "s", kind, data, null, AT);
  return records;
}

// The server reads the same series by the same rules: domains/inspections/tests/test_signing.py.
describe("signatures", () => {
  it.each<Told>([["answer", { item: "a", answer: "finding" }], ["photo", { item: "a", sha256: "1" }], ["fixed", { item: "a", sha256: "1" }]])("lapse with a later %s", async (...later) => {
    const records = await visit(signs("inspector"), signs("enterprise"), later);
    expect([...signedBy(records)]).toEqual([]);
    expect([...overtakenOf(records)]).toEqual(["inspector", "enterprise"]);
    const draft = { series: "s", site: "x", siteName: "", purpose: "routine", records, budget: { writing: 0, keys: 0 }, begunAt: 0 };
    expect(costOf(draft, 0).signatures).toBe(0);
  });
  it("count again once signed anew", async () => {
    const records = await visit(signs("inspector"), ["photo", { item: "a", sha256: "1" }], signs("inspector"), signs("inspector"));
    expect([...signedBy(records)]).toEqual(["inspector"]);
    expect(overtakenOf(records).size).toBe(0);
  });
  it("are wiped off by whoever signed on the wrong place", async () => {
    expect([...signedBy(await visit(signs("inspector"), signs("enterprise"), says("signed_anew", "enterprise")))]).toEqual(["inspector"]);
  });
  it.each<[Told[], boolean]>([
    [[says("refused_to_sign")], true],
    [[says("refused_to_sign"), says("refusal_taken_back")], false],
    [[says("refused_to_sign"), signs("enterprise")], false],
    [[signs("enterprise"), says("refused_to_sign")], true],
    [[says("refused_to_sign"), ["answer", { item: "a", answer: "finding" }]], false],
  ])("and refusals: the last word counts", async (told, refused) => {
    expect(refusedToSign(await visit(...told))).toBe(refused);
  });
});
