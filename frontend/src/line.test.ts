import { describe, expect, it, vi } from "vitest";

vi.mock("echarts/charts", () => ({ LineChart: {} }));
vi.mock("echarts/components", () => ({ DataZoomComponent: {}, GridComponent: {}, MarkLineComponent: {}, TooltipComponent: {} }));
vi.mock("echarts/core", () => ({ init: vi.fn(), use: vi.fn() }));
vi.mock("echarts/renderers", () => ({ CanvasRenderer: {} }));

const { broken } = await import("./line");
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
