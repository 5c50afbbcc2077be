import { describe, expect, it, vi } from "vitest";

vi.mock("echarts/charts", () => ({ LineChart: {} }));
vi.mock("echarts/components", () => ({ DataZoomComponent: {}, GridComponent: {}, MarkLineComponent: {}, TooltipComponent: {} }));
vi.mock("echarts/core", () => ({ init: vi.fn(), use: vi.fn() }));
vi.mock("echarts/renderers", () => ({ CanvasRenderer: {} }));

const { around, broken, offChart, onChart, reach, together } = await import("./line");
const line = (at: number[], mean: (number | null)[]): Parameters<typeof broken>[0] => ({ at, mean, low: mean, high: mean, width: 0, from: 0, to: 1, unit: "", limits: [] });

describe("a line of readings", () => {
  it("stays whole while readings come at their pace", () => {
    expect(broken(line([0, 1000, 2000, 4000], [1, 2, 3, 4]))).toEqual([[0, 1], [1000, 2], [2000, 3], [4000, 4]]);
  });

  it("breaks where they were missing, so that an outage is no steady value", () => {
    expect(broken(line([0, 1000, 2000, 60000, 61000], [1, 2, 3, 9, 9]))).toEqual([[0, 1], [1000, 2], [2000, 3], [2001, null], [60000, 9], [61000, 9]]);
  });

  it("draws nothing of nothing", () => {
    expect(broken(line([], []))).toEqual([]);
  });
});

describe("one zoom from a minute to a year", () => {
  const DAY = 86_400_000, YEAR: [number, number] = [0, 366 * DAY];

  it("asks for some room beside the window, never so much that readings become figures", () => {
    const [from, to] = around([100 * DAY, 101 * DAY], YEAR);
    expect([from < 100 * DAY, to > 101 * DAY, to - from <= 2 * DAY]).toEqual([true, true, true]);
    expect(around([0, 366 * DAY], YEAR)).toEqual(YEAR);
  });

  it("puts the fine line into the coarse one, each instant once and in order", () => {
    const coarse = { ...line([0, 10, 20, 30, 40], [1, 2, 3, 4, 5]), width: 10 };
    const fine = { ...line([19, 20, 21], [7, 8, 9]), from: 15, to: 25 };
    const both = together(coarse, fine);
    expect(both.at).toEqual([0, 10, 19, 20, 21, 30, 40]);
    expect(both.mean).toEqual([1, 2, 7, 8, 9, 4, 5]);
  });

  it("reaches over what is in the window and over every limit", () => {
    const one = { ...line([0, 10, 20], [1, 50, 2]), limits: [{ kind: "H", name: "", value: 9 }] };
    const [low, high] = reach(one, [15, 25]) ?? [0, 0];
    expect([low < 2, high > 9, high < 50]).toEqual([true, true, true]);
    expect(reach(line([], []), [0, 1])).toBeNull();
  });
});

describe("the axis of time", () => {
  it("says the hours of China whatever zone the browser is in", () => {
    const midnight = Date.parse("2026-03-02T00:00:00+08:00");
    expect(new Date(onChart(midnight)).toISOString()).toBe("2026-03-02T00:00:00.000Z");
    expect(offChart(onChart(midnight))).toBe(midnight);
  });
});
