/** Charts drawn from the table behind them: one source for eyes, screen readers and paper. Only the used parts of ECharts are
    loaded, and only on pages with a chart. Tips are drawn on the canvas, because the page allows no inline style. */
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import type { EChartsCoreOption } from "echarts/core";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, HeatmapChart, GridComponent, LegendComponent, TitleComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

interface Cell {
  value: number | null;
  text: string;
  link: string;
  small: boolean;
}

export interface Sheet {
  heads: string[];
  rows: { name: string; cells: Cell[] }[];
}

/** Read the table behind a chart. */
export function sheetOf(table: HTMLTableElement): Sheet {
  const words = (cell: Element): string => (cell.textContent ?? "").trim();
  return {
    heads: [...table.querySelectorAll("thead th")].map(words),
    rows: [...table.querySelectorAll("tbody tr")].map((row) => ({
      name: words(row.querySelector("th") ?? row),
      cells: [...row.querySelectorAll("td")].map((cell) => ({
        value: cell.dataset["value"] ? Number(cell.dataset["value"]) : null,
        text: words(cell),
        link: cell.querySelector("a")?.getAttribute("href") ?? "",
        small: cell.classList.contains("small-number"),
      })),
    })),
  };
}

interface Look {
  ink: string;
  soft: string;
  line: string;
  accent: string;
  second: string;
  alert: string;
  surface: string;
  face: string;
}

function look(): Look {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: token("--ink-2"),
    soft: token("--accent-soft"),
    line: token("--line"),
    accent: token("--accent"),
    second: token("--accent-line"),
    alert: token("--alert"),
    surface: token("--surface"),
    face: token("--face"),
  };
}

const narrow = (root: HTMLElement): boolean => root.clientWidth < 560;

function shared(l: Look): EChartsCoreOption {
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 250,
    textStyle: { fontFamily: l.face, color: l.ink },
    tooltip: { renderMode: "richText", confine: true, backgroundColor: l.surface, borderColor: l.line, textStyle: { color: l.ink, fontSize: 13 } },
  };
}

const axisLook = (l: Look): object => ({
  axisLabel: { color: l.ink, fontSize: 12 },
  axisLine: { lineStyle: { color: l.line } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: l.line } },
});

/** Bars of several measures side by side, each with its own scale and the same order of places. */
function compare(root: HTMLElement, sheet: Sheet, l: Look): EChartsCoreOption {
  const measures = sheet.heads.slice(1);
  const stacked = narrow(root) && measures.length > 1;
  const names = sheet.rows.map((row) => row.name);
  const share = 100 / measures.length;
  const named = Math.min(Math.max(150, root.clientWidth / 4), Math.max(56, ...names.map((name) => [...name].reduce((sum, one) => sum + (one.charCodeAt(0) > 255 ? 13 : 7), 12))));
  const grid = measures.map((_, n) =>
    stacked
      ? { left: named, right: 44, top: `${n * share + 7}%`, height: `${share - 9}%` }
      : { left: n === 0 ? named : `${n * share + 5}%`, right: n === measures.length - 1 ? 48 : `${100 - (n + 1) * share + 2}%`, top: 34, bottom: 6 },
  );
  return {
    ...shared(l),
    title: measures.map((text, n) => ({
      text,
      left: stacked ? 0 : n === 0 ? named : `${n * share + 5}%`,
      top: stacked ? `${n * share}%` : 4,
      textStyle: { fontSize: 13, fontWeight: 500, color: l.ink, fontFamily: l.face },
    })),
    grid,
    xAxis: measures.map((_, n) => ({ gridIndex: n, type: "value", ...axisLook(l), axisLabel: { show: false }, splitLine: { show: false }, axisLine: { show: false } })),
    yAxis: measures.map((_, n) => ({
      gridIndex: n, type: "category", data: names, inverse: true, ...axisLook(l),
      axisLabel: { color: l.ink, fontSize: 12, show: n === 0 || stacked, width: named - 10, overflow: stacked ? "truncate" : "break", lineHeight: 13 },
    })),
    series: measures.map((name, n) => ({
      name, type: "bar", xAxisIndex: n, yAxisIndex: n, barMaxWidth: 16,
      data: sheet.rows.map((row) => barOf(row.cells[n], n === 0 ? l.accent : l.second)),
      label: { show: true, position: "right", color: l.ink, fontSize: 12, formatter: (at: { dataIndex: number }) => sheet.rows[at.dataIndex]?.cells[n]?.text ?? "" },
    })),
  };
}

/** Few cases are drawn hollow: the rate stands on little. */
function barOf(cell: Cell | undefined, color: string): object {
  const hollow = cell?.small ? { color: "transparent", borderColor: color, borderWidth: 1.5, borderType: "dashed" } : { color };
  return { value: cell?.value ?? 0, itemStyle: { ...hollow, borderRadius: [0, 3, 3, 0] } };
}

function trend(root: HTMLElement, sheet: Sheet, l: Look): EChartsCoreOption {
  const colors = [l.accent, l.alert, l.second];
  const marks = ["circle", "rect", "triangle"];
  const measures = sheet.heads.slice(1);
  // On a telephone each name has a line of its own, and the drawing begins below the last.
  const below = measures.length < 2 ? 12 : narrow(root) ? measures.length * 24 + 12 : 36;
  return {
    ...shared(l),
    tooltip: { ...(shared(l)["tooltip"] as object), trigger: "axis" },
    legend: { show: measures.length > 1, orient: narrow(root) ? "vertical" : "horizontal", top: 0, left: 0, textStyle: { color: l.ink, fontSize: 13 }, itemWidth: 22 },
    grid: { left: 4, right: 12, top: below, bottom: 4, containLabel: true },
    xAxis: { type: "category", data: sheet.rows.map((row) => row.name), ...axisLook(l), splitLine: { show: false } },
    yAxis: { type: "value", minInterval: 1, ...axisLook(l), axisLine: { show: false } },
    series: measures.map((name, n) => ({
      name, type: "line", symbol: marks[n % 3], symbolSize: 7, connectNulls: false, lineStyle: { width: 2, type: n === 1 ? "dashed" : "solid" }, color: colors[n % 3],
      data: sheet.rows.map((row) => row.cells[n]?.value ?? null),
    })),
  };
}

function steps(_root: HTMLElement, sheet: Sheet, l: Look, color: string): EChartsCoreOption {
  return {
    ...shared(l),
    grid: { left: 4, right: 64, top: 6, bottom: 4, containLabel: true },
    xAxis: { type: "value", show: false },
    yAxis: { type: "category", inverse: true, data: sheet.rows.map((row) => row.name), ...axisLook(l), axisLine: { show: false } },
    series: [{
      type: "bar", barMaxWidth: 26, color, data: sheet.rows.map((row) => ({ value: row.cells[0]?.value ?? 0, itemStyle: { borderRadius: [0, 3, 3, 0] } })),
      label: { show: true, position: "right", color: l.ink, fontSize: 13, formatter: (at: { dataIndex: number }) => sheet.rows[at.dataIndex]?.cells[0]?.text ?? "" },
    }],
  };
}

function heat(root: HTMLElement, sheet: Sheet, l: Look): EChartsCoreOption {
  const points = sheet.rows.flatMap((row, y) => row.cells.map((cell, x) => [x, y, cell.value ?? 0]));
  return {
    ...shared(l),
    tooltip: {
      ...(shared(l)["tooltip"] as object),
      formatter: (at: { value: [number, number, number] }) => `${sheet.rows[at.value[1]]?.name ?? ""} ${at.value[0]}:00  ${at.value[2]}`,
    },
    grid: { left: 4, right: 4, top: 4, bottom: 34, containLabel: true },
    xAxis: { type: "category", data: sheet.heads.slice(1), ...axisLook(l), axisLabel: { color: l.ink, fontSize: 12, interval: narrow(root) ? 5 : 2 }, splitLine: { show: false } },
    yAxis: { type: "category", inverse: true, data: sheet.rows.map((row) => row.name), ...axisLook(l), splitLine: { show: false } },
    visualMap: {
      min: 0, max: Math.max(1, ...points.map((point) => point[2] ?? 0)), orient: "horizontal", left: 0, bottom: 0, itemHeight: 120, itemWidth: 10, calculable: false,
      inRange: { color: [l.surface, l.soft, l.second, l.accent] }, textStyle: { color: l.ink },
    },
    series: [{ type: "heatmap", data: points, itemStyle: { borderColor: l.line, borderWidth: 1, borderRadius: 2 } }],
  };
}

/** How many of each colour, one bar a row: in the colours of risk, each with its pattern. */
function colours(root: HTMLElement, sheet: Sheet, l: Look): EChartsCoreOption {
  const style = getComputedStyle(document.documentElement);
  const tone = (level: number): string => (level > 0 ? style.getPropertyValue(`--risk-${level}`).trim() : style.getPropertyValue("--line-strong").trim());
  const decal = (level: number): object => ({ 4: { symbol: "rect", rotation: Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [2, 5], color: "rgba(255,255,255,.35)" }, 3: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], color: "rgba(0,0,0,.22)" }, 2: { symbol: "circle", symbolSize: 0.5, dashArrayX: [6, 6], dashArrayY: [6, 6], color: "rgba(0,0,0,.3)" }, 1: { symbol: "rect", rotation: Math.PI / 2, dashArrayX: [1, 0], dashArrayY: [1, 6], color: "rgba(255,255,255,.35)" } })[level] ?? { symbol: "none" };
  const measures = sheet.heads.slice(1);
  return {
    ...shared(l),
    tooltip: { ...(shared(l)["tooltip"] as object), trigger: "axis", axisPointer: { type: "shadow" } },
    legend: { top: 0, left: 0, textStyle: { color: l.ink, fontSize: 13 }, itemWidth: 18 },
    grid: { left: 4, right: 20, top: 36, bottom: 4, containLabel: true },
    xAxis: { type: "value", minInterval: 1, ...axisLook(l) },
    yAxis: { type: "category", inverse: true, data: sheet.rows.map((row) => row.name), ...axisLook(l), axisLabel: { color: l.ink, fontSize: 12, width: narrow(root) ? 110 : 260, overflow: "truncate" }, splitLine: { show: false } },
    series: measures.map((name, n) => ({
      name, type: "bar", stack: "all", barMaxWidth: 20, itemStyle: { color: tone(4 - n), borderColor: l.surface, borderWidth: 1, decal: decal(4 - n) },
      data: sheet.rows.map((row) => row.cells[n]?.value ?? 0),
    })),
  };
}

function optionOf(kind: string, root: HTMLElement, sheet: Sheet): EChartsCoreOption {
  const l = look();
  if (kind === "compare") return compare(root, sheet, l);
  if (kind === "trend") return trend(root, sheet, l);
  if (kind === "heat") return heat(root, sheet, l);
  if (kind === "colours") return colours(root, sheet, l);
  return steps(root, sheet, l, kind === "ages" ? l.alert : l.accent);
}

/** Room for as many bars as there are places, so that nothing is squeezed. */
function heightOf(kind: string, root: HTMLElement, sheet: Sheet): number {
  if (kind === "compare") {
    const one = sheet.rows.length * 26 + 44;
    return narrow(root) ? one * (sheet.heads.length - 1) : one;
  }
  if (kind === "colours") return sheet.rows.length * 28 + 70;
  if (kind === "heat") return 268;
  return kind === "trend" ? 250 : Math.max(150, sheet.rows.length * 44);
}

function linkAt(kind: string, sheet: Sheet, at: { dataIndex: number; seriesIndex?: number; value?: unknown }): string {
  if (kind === "heat" && Array.isArray(at.value)) return sheet.rows[Number(at.value[1])]?.cells[Number(at.value[0])]?.link ?? "";
  return sheet.rows[at.dataIndex]?.cells[at.seriesIndex ?? 0]?.link ?? "";
}

function start(root: HTMLElement): void {
  const table = document.getElementById(root.dataset["table"] ?? "");
  if (!(table instanceof HTMLTableElement)) return;
  const kind = root.dataset["chart"] ?? "";
  const sheet = sheetOf(table);
  root.dataset["ready"] = "true";
  root.style.height = `${heightOf(kind, root, sheet)}px`;
  const chart = init(root, null, { renderer: "canvas", devicePixelRatio: Math.max(2, devicePixelRatio) });
  const draw = (): void => {
    root.style.height = `${heightOf(kind, root, sheet)}px`;
    chart.resize();
    chart.setOption(optionOf(kind, root, sheet), true);
  };
  draw();
  chart.on("click", (at) => {
    const link = linkAt(kind, sheet, at as { dataIndex: number; seriesIndex?: number; value?: unknown });
    if (/^\/(?!\/)/.test(link)) location.assign(link);
  });
  let width = root.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(root.clientWidth - width) < 2) return;
    width = root.clientWidth;
    draw();
  }).observe(root);
  document.addEventListener("anlan:scheme", draw);
  addEventListener("beforeprint", draw);
}

export function startCharts(): void {
  for (const root of document.querySelectorAll<HTMLElement>("[data-chart]:not([data-ready])")) start(root);
}
