/** The line of a sensor with its limits drawn, over a span of one hour to a year: lowest and highest of each span shaded around
    the mean, so that a spike shows at any zoom. */
import { LineChart } from "echarts/charts";
import { DataZoomComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { say } from "./words";

use([LineChart, GridComponent, TooltipComponent, MarkLineComponent, DataZoomComponent, CanvasRenderer]);

export interface Line {
  at: number[];
  low: (number | null)[];
  mean: (number | null)[];
  high: (number | null)[];
  width: number;
  from: number;
  to: number;
  unit: string;
  limits: { kind: string; name: string; value: number }[];
}

const REFRESH = 10_000;
/** What is missing for longer than this many spans is a gap, not a line across it. */
const GAP = 3;

/** Put a break where readings are missing, so that an outage never looks like a steady value. */
export function broken(line: Line): [number, number | null][] {
  const paces = line.at.slice(1).map((at, n) => at - (line.at[n] ?? 0)).sort((a, b) => a - b);
  const usual = Math.max(line.width, paces[Math.floor(paces.length / 2)] ?? 0, 1000);
  const found: [number, number | null][] = [];
  line.at.forEach((at, n) => {
    const before = line.at[n - 1];
    if (before !== undefined && at - before > usual * GAP) found.push([before + 1, null]);
    found.push([at, line.mean[n] ?? null]);
  });
  return found;
}

function optionOf(line: Line): EChartsCoreOption {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const ink = token("--ink-2"), rule = token("--line"), accent = token("--accent"), alert = token("--alert");
  const values = [...line.low, ...line.high].filter((value): value is number => value !== null);
  const limits = line.limits.map((limit) => limit.value);
  const least = Math.min(...values, ...limits), most = Math.max(...values, ...limits);
  const room = Math.max((most - least) * 0.08, 1e-6);
  const round = (value: number): number => Number(value.toPrecision(6));
  return {
    animation: false,
    textStyle: { fontFamily: token("--face"), color: ink },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: token("--surface"), borderColor: rule, textStyle: { color: ink, fontSize: 13 },
      valueFormatter: (value: unknown) => (typeof value === "number" ? `${round(value)} ${line.unit}` : "–"),
    },
    grid: { left: 4, right: 84, top: 28, bottom: 4, containLabel: true },
    dataZoom: [{ type: "inside", filterMode: "none" }],
    xAxis: { type: "time", min: line.from, max: line.to, axisLabel: { color: ink, fontSize: 12, hideOverlap: true }, axisLine: { lineStyle: { color: rule } }, splitLine: { show: false } },
    yAxis: {
      type: "value", name: line.unit, nameTextStyle: { color: ink, align: "left" }, scale: true, min: Number.isFinite(least) ? round(least - room) : null, max: Number.isFinite(most) ? round(most + room) : null,
      axisLabel: { color: ink, fontSize: 12, showMinLabel: false, showMaxLabel: false }, splitLine: { lineStyle: { color: rule } },
    },
    series: [
      { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, data: line.at.map((at, n) => [at, line.low[n] ?? null]) },
      {
        type: "line", stack: "band", stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, areaStyle: { color: accent, opacity: 0.18 }, tooltip: { show: false },
        data: line.at.map((at, n) => [at, line.high[n] != null && line.low[n] != null ? Number(line.high[n]) - Number(line.low[n]) : null]),
      },
      {
        type: "line", symbol: "none", color: accent, lineStyle: { width: 1.6 }, connectNulls: false, data: broken(line),
        markLine: {
          symbol: "none", silent: true, data: line.limits.map((limit) => ({ yAxis: limit.value, name: limit.name, lineStyle: { color: limit.kind.length > 1 ? alert : token("--warn") || alert, type: limit.kind.length > 1 ? "solid" : "dashed", width: 1.4 }, label: { formatter: `${limit.name} ${round(limit.value)}`, position: "end", color: ink, fontSize: 12 } })),
        },
      },
    ],
  };
}

function start(root: HTMLElement): void {
  root.dataset["ready"] = "true";
  const address = root.dataset["line"] ?? "";
  const panel = root.parentElement;
  const says = panel?.querySelector<HTMLElement>("[data-line-says]");
  const buttons = [...(panel?.querySelectorAll<HTMLButtonElement>("[data-span]") ?? [])];
  const chart = init(root, null, { renderer: "canvas", devicePixelRatio: Math.max(2, devicePixelRatio) });
  let span = "24h";
  let shown: Line | null = null;
  const draw = (): void => {
    chart.resize();
    if (shown) chart.setOption(optionOf(shown), { replaceMerge: ["series"] });
  };
  const load = async (): Promise<void> => {
    try {
      const answer = await fetch(`${address}?span=${span}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      shown = (await answer.json()) as Line;
      if (says) says.textContent = shown.at.length ? "" : say("noReadings");
      draw();
    } catch {
      if (says) says.textContent = say("noAnswer");
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      span = button.dataset["span"] ?? span;
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      void load();
    });
  }
  void load();
  const ticking = setInterval(() => {
    if (!document.hidden && (span === "1h" || span === "24h")) void load();
    if (!root.isConnected) clearInterval(ticking);
  }, REFRESH);
  new ResizeObserver(() => chart.resize()).observe(root);
  document.addEventListener("anlan:scheme", draw);
}

export function startLines(): void {
  for (const root of document.querySelectorAll<HTMLElement>("[data-line]:not([data-ready])")) start(root);
}
