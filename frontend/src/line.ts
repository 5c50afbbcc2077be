/** The line of a sensor with its limits drawn, over a span of one hour to a year: lowest and highest of each span shaded around
    the mean, so that a spike shows at any zoom. */
import { LineChart } from "echarts/charts";
import { DataZoomComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { inEnglish, say } from "./words";

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
const DAY = 86_400_000;
const YEAR = 366 * DAY;
const RAW = 2 * DAY; // up to this span the server gives every reading
const LENGTHS: Record<string, number> = { "1h": DAY / 24, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "1y": YEAR };
const ASK_AFTER = 120; // of calm while one zooms
/** The hours of the platform are China's, whatever zone the browser is in: the chart reckons in UTC and is given moments this much later. */
const CHINA = 8 * 3_600_000;
export const onChart = (at: number): number => at + CHINA;
export const offChart = (at: number): number => at - CHINA;
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

export type Window = [number, number];

/** What to ask for so that a window and some room beside it are drawn fine; never so much room that readings become figures. */
export function around([from, to]: Window, [first, last]: Window): Window {
  const span = to - from;
  const room = span <= RAW ? Math.min(span * 0.25, (RAW - span) / 2) : span * 0.25;
  return [Math.max(first, Math.floor(from - room)), Math.min(last, Math.ceil(to + room))];
}

/** The fine line where it is known, the coarse one beside it: a zoom shows something at once and gets finer. */
export function together(coarse: Line, fine: Line | null): Line {
  if (!fine) return coarse;
  const keep = coarse.at.map((at) => at < fine.from || at > fine.to);
  const before = coarse.at.filter((at) => at < fine.from).length;
  const joined = (name: "at" | "low" | "mean" | "high"): (number | null)[] => {
    const rest = (coarse[name] as (number | null)[]).filter((_, n) => keep[n]);
    return [...rest.slice(0, before), ...fine[name], ...rest.slice(before)];
  };
  return { ...coarse, at: joined("at") as number[], low: joined("low"), mean: joined("mean"), high: joined("high"), width: fine.width };
}

/** The least and most of a window, its limits included, with some room. */
export function reach(line: Line, [from, to]: Window): [number, number] | null {
  let least = Infinity, most = -Infinity;
  line.at.forEach((at, n) => {
    if (at < from || at > to) return;
    for (const value of [line.low[n], line.high[n]]) if (value != null) { least = Math.min(least, value); most = Math.max(most, value); }
  });
  for (const limit of line.limits) { least = Math.min(least, limit.value); most = Math.max(most, limit.value); }
  if (!Number.isFinite(least)) return null;
  const room = Math.max((most - least) * 0.08, 1e-6);
  return [Number((least - room).toPrecision(6)), Number((most + room).toPrecision(6))];
}

const SMALL = 12, LEAST_RIGHT = 84, MOST_RIGHT = 0.4; // of the text in a chart; the room right of it, in pixels and as a share

/** The width of the longest words at the end of a line of a limit. */
function widest(words: string[], face: string): number {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen) return 0;
  pen.font = `${SMALL}px ${face}`;
  return Math.max(0, ...words.map((one) => pen.measureText(one).width));
}

function optionOf(line: Line, shown: Window, whole: Window, { roomy, wide }: { roomy: boolean; wide: number }): EChartsCoreOption {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const ink = token("--ink-2"), rule = token("--line"), accent = token("--accent"), alert = token("--alert");
  const range = reach(line, shown);
  const round = (value: number): number => Number(value.toPrecision(6));
  const said = (limit: Line["limits"][number]): string => `${limit.name} ${round(limit.value)}`;
  const atEnd = (limit: Line["limits"][number]): boolean => limit.kind.length > 1;
  const right = Math.round(Math.min(Math.max(LEAST_RIGHT, widest(line.limits.filter(atEnd).map(said), token("--face")) + 16), wide * MOST_RIGHT));
  const zoom = { startValue: onChart(shown[0]), endValue: onChart(shown[1]), filterMode: "none", minValueSpan: 60_000 };
  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: token("--face"), color: ink },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: token("--surface"), borderColor: rule, textStyle: { color: ink, fontSize: 13 },
      valueFormatter: (value: unknown) => (typeof value === "number" ? `${round(value)} ${line.unit}` : "–"),
    },
    grid: { left: 4, right, top: 28, bottom: roomy ? 40 : 4, containLabel: true },
    dataZoom: [
      { type: "inside", ...zoom },
      ...(roomy ? [{ type: "slider", ...zoom, height: 22, bottom: 6, showDetail: false, showDataShadow: false, brushSelect: false, borderColor: rule, fillerColor: `${accent}33`, handleStyle: { color: accent }, moveHandleStyle: { color: accent } }] : []),
    ],
    xAxis: { type: "time", min: onChart(whole[0]), max: onChart(whole[1]), axisLabel: { color: ink, fontSize: 12, hideOverlap: true }, axisLine: { lineStyle: { color: rule } }, splitLine: { show: false } },
    yAxis: {
      type: "value", name: line.unit, nameTextStyle: { color: ink, align: "left" }, scale: true, min: range ? range[0] : null, max: range ? range[1] : null,
      axisLabel: { color: ink, fontSize: 12, showMinLabel: false, showMaxLabel: false }, splitLine: { lineStyle: { color: rule } },
    },
    series: [
      { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, data: line.at.map((at, n) => [onChart(at), line.low[n] ?? null]) },
      {
        type: "line", stack: "band", stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, areaStyle: { color: accent, opacity: 0.18 }, tooltip: { show: false },
        data: line.at.map((at, n) => [onChart(at), line.high[n] != null && line.low[n] != null ? Number(line.high[n]) - Number(line.low[n]) : null]),
      },
      {
        type: "line", symbol: "none", color: accent, lineStyle: { width: 1.6 }, connectNulls: false, data: broken(line).map(([at, value]) => [onChart(at), value]),
        markLine: {
          symbol: "none", silent: true, data: line.limits.map((limit) => ({ yAxis: limit.value, name: limit.name, lineStyle: { color: atEnd(limit) ? alert : token("--warn") || alert, type: atEnd(limit) ? "solid" : "dashed", width: 1.4 }, label: { formatter: said(limit), position: atEnd(limit) ? "end" : "insideEndTop", color: ink, fontSize: SMALL, ...(atEnd(limit) ? { width: right - 8, overflow: "break" } : {}) } })),
        },
      },
    ],
  };
}

/** One chart of one sensor at a time, from a minute to a year in one zoom. */
export class LineView {
  private readonly chart: ReturnType<typeof init>;
  private address = "";
  private span = "24h";
  private shown: Window = [0, 0];
  private whole: Window = [0, 0];
  private coarse: Line | null = null;
  private fine: Line | null = null;
  private asking: number | undefined;
  private frame = 0;
  private turn = 0;

  constructor(private readonly root: HTMLElement, private readonly says: HTMLElement | null, private readonly buttons: HTMLButtonElement[]) {
    this.chart = init(root, null, { renderer: "canvas", locale: inEnglish() ? "EN" : "ZH" });
    for (const button of buttons) button.addEventListener("click", () => { this.press(button.dataset["span"] ?? this.span); });
    this.chart.on("datazoom", () => this.zoomed());
    const ticking = setInterval(() => {
      if (!root.isConnected) { clearInterval(ticking); return; }
      if (!document.hidden && this.coarse && this.whole[1] - this.shown[1] < 2 * REFRESH && this.shown[1] - this.shown[0] <= RAW) void this.follow();
    }, REFRESH);
    new ResizeObserver(() => this.chart.resize()).observe(root);
    document.addEventListener("anlan:scheme", () => this.draw());
  }

  /** Shows another sensor, by the address its line is asked at. */
  async show(address: string): Promise<void> {
    if (address === this.address) return;
    this.address = address;
    this.coarse = this.fine = null;
    const now = Date.now();
    this.whole = [now - YEAR, now];
    this.shown = [now - (LENGTHS[this.span] ?? DAY), now];
    const turn = ++this.turn;
    // The window first: it is what one looks at; the year behind it follows.
    await this.refine();
    const year = await this.ask(this.whole);
    if (turn !== this.turn || !year) return;
    this.coarse = year;
    this.draw();
  }

  private press(span: string): void {
    this.span = span;
    this.mark();
    const now = Date.now();
    this.whole = [now - YEAR, now];
    this.shown = [now - (LENGTHS[span] ?? DAY), now];
    this.draw();
    void this.refine();
  }

  private mark(): void {
    for (const one of this.buttons) one.setAttribute("aria-pressed", String(one.dataset["span"] === this.span));
  }

  private zoomed(): void {
    const zoom = (this.chart.getOption()["dataZoom"] as { startValue: number; endValue: number }[])[0];
    if (!zoom) return;
    this.shown = [offChart(Number(zoom.startValue)), offChart(Number(zoom.endValue))];
    const length = this.shown[1] - this.shown[0];
    this.span = Object.keys(LENGTHS).find((name) => Math.abs((LENGTHS[name] ?? 0) - length) < 1000) ?? "";
    this.mark();
    this.drawSoon();
    window.clearTimeout(this.asking);
    this.asking = window.setTimeout(() => void this.refine(), ASK_AFTER);
  }

  private async follow(): Promise<void> {
    const moved = Date.now() - this.whole[1];
    this.whole = [this.whole[0] + moved, this.whole[1] + moved];
    this.shown = [this.shown[0] + moved, this.shown[1] + moved];
    await this.refine();
  }

  private async refine(): Promise<void> {
    const turn = this.turn;
    const found = await this.ask(around(this.shown, this.whole));
    if (turn !== this.turn || !found) return;
    this.fine = found;
    if (this.says) this.says.textContent = found.at.length ? "" : say("noReadings");
    this.draw();
  }

  private async ask([from, to]: Window): Promise<Line | null> {
    try {
      const answer = await fetch(`${this.address}?from=${Math.round(from)}&to=${Math.round(to)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      return (await answer.json()) as Line;
    } catch {
      if (this.says) this.says.textContent = say("noAnswer");
      return null;
    }
  }

  private drawSoon(): void {
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  private draw(): void {
    const line = this.coarse ? together(this.coarse, this.fine) : this.fine;
    if (!line || !this.root.isConnected) return;
    // To resize is to draw all of it once more.
    if (this.chart.getWidth() !== this.root.clientWidth || this.chart.getHeight() !== this.root.clientHeight) this.chart.resize();
    this.chart.setOption(optionOf(line, this.shown, this.whole, { roomy: this.root.clientHeight > 180, wide: this.root.clientWidth }), { replaceMerge: ["series", "dataZoom"] });
  }
}

function start(root: HTMLElement): void {
  root.dataset["ready"] = "true";
  const panel = root.parentElement;
  const buttons = [...(panel?.querySelectorAll<HTMLButtonElement>("[data-span]") ?? [])];
  void new LineView(root, panel?.querySelector<HTMLElement>("[data-line-says]") ?? null, buttons).show(root.dataset["line"] ?? "");
}

export function startLines(): void {
  for (const root of document.querySelectorAll<HTMLElement>("[data-line]:not([data-ready])")) start(root);
}
