import { describe, expect, it } from "vitest";
import { fresh, minuteBars, type Now, type Row, signature, summary } from "./wall-rows";

const row = (id: string, more: Partial<Row> = {}): Row => ({
  id, number: "", name: id, kind: "", level: "high", rank: 2, levelWords: "", state: "raised", stateWords: "", active: true, times: 1,
  value: "", bound: "", unit: "", at: 0, due: null, firm: "甲厂", where: "", sensor: "", plant: "", version: 1, ...more,
});
const now = (rows: Row[]): Now => ({ at: 0, counts: {}, total: rows.length, fresh: 0, flood: { norm: 10, minutes: [], ten: 0, firms: [], more: 0 }, rows, hot: [] });

describe("the rows of the wall", () => {
  it("names the gravest of those that are new, whatever older ones stand above it", () => {
    const found = fresh(now([row("old", { rank: 3, at: 1 }), row("new", { rank: 2, at: 6 }), row("newer", { rank: 1, at: 9 })]), 5);
    expect(found.worst?.id).toBe("new");
    expect(fresh(now([row("old", { at: 1 })]), 5).worst).toBeNull();
  });

  it("draws a row anew when it was acknowledged, cleared or came again, and leaves it alone otherwise", () => {
    const before = signature(row("a"));
    expect(signature(row("a"))).toBe(before);
    for (const change of [{ state: "handling" }, { active: false }, { times: 2 }, { version: 2 }, { due: 1 }]) expect(signature(row("a", change))).not.toBe(before);
  });

  it("reads out how many came and the gravest of them, in one sentence", () => {
    expect(summary(300, row("LT-101", { kind: "高高报" }), { news: "new alarms", worst: "gravest" })).toBe("300 new alarms. gravest: LT-101 高高报, 甲厂");
    expect(summary(2, null, { news: "new alarms", worst: "gravest" })).toBe("2 new alarms");
  });

  it("draws the minutes against the busiest, nothing as nothing", () => {
    expect(minuteBars([0, 5, 10])).toEqual([0, 50, 100]);
    expect(minuteBars([0, 0])).toEqual([0, 0]);
  });
});
