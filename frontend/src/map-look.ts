/** How the city is drawn: its county shapes, its points, and nothing fetched from elsewhere. */
import type { FilterSpecification, StyleSpecification } from "maplibre-gl";

import { inEnglish } from "./words";

/** The reserved risk colours by name, as the server names them; any other point is drawn in the accent. */
const RISK: Record<string, string> = { "4": "#c8102e", "3": "#e8710a", "2": "#f2c200", "1": "#1e6fd9", red: "#c8102e", orange: "#e8710a", yellow: "#f2c200", blue: "#1e6fd9" };
const RISK_INK: Record<string, string> = { "#f2c200": "#1f1800", "#e8710a": "#1a0d00" };
const RISK_CHARACTER: Record<string, string> = { "#c8102e": "重", "#e8710a": "较", "#f2c200": "一", "#1e6fd9": "低" };
const EMPTY = { type: "FeatureCollection" as const, features: [] };
export const FACE = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const isCluster: FilterSpecification = [">", ["coalesce", ["get", "count"], 1], 1];
const isPoint: FilterSpecification = ["<=", ["coalesce", ["get", "count"], 1], 1];

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function colourOf(said: unknown, accent: string): string {
  const text = String(said ?? "").toLowerCase();
  return RISK[text] ?? (/^#[0-9a-f]{6}$/.test(text) ? text : accent);
}

/** Gives every feature what the layers read: fill, ink, character and the words of a cluster. */
export function dressed(features: GeoJSON.Feature[], accent: string, accentInk: string): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: features.map((feature) => {
      const said = feature.properties ?? {};
      const fill = colourOf(said["colour"], accent);
      const count = Number(said["count"] ?? 1);
      return {
        ...feature,
        properties: {
          ...said,
          count,
          fill,
          ink: fill === accent ? accentInk : (RISK_INK[fill] ?? "#ffffff"),
          character: RISK_CHARACTER[fill] ?? "",
          words: shortCount(count),
        },
      };
    }),
  };
}

export function cityStyle(): StyleSpecification {
  const font = ["Noto Sans CJK SC Regular"];
  return {
    version: 8,
    sources: {
      counties: { type: "geojson", data: EMPTY },
      names: { type: "geojson", data: EMPTY },
      points: { type: "geojson", data: EMPTY },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("--surface-3") } },
      { id: "county", type: "fill", source: "counties", paint: { "fill-color": token("--surface") } },
      { id: "county-line", type: "line", source: "counties", paint: { "line-color": token("--line-strong"), "line-width": ["interpolate", ["linear"], ["zoom"], 7, 1, 12, 2] } },
      { id: "county-name", type: "symbol", source: "names", layout: { "text-field": ["get", "name"], "text-font": font, "text-size": ["interpolate", ["linear"], ["zoom"], 7, 12, 11, 16], "text-allow-overlap": false }, paint: { "text-color": token("--ink-2"), "text-halo-color": token("--surface"), "text-halo-width": 2 } },
      { id: "cluster", type: "circle", source: "points", filter: isCluster, paint: { "circle-color": ["get", "fill"], "circle-opacity": 0.92, "circle-radius": ["interpolate", ["linear"], ["get", "count"], 2, 13, 50, 18, 1000, 28], "circle-stroke-width": 2, "circle-stroke-color": token("--surface") } },
      { id: "cluster-count", type: "symbol", source: "points", filter: isCluster, layout: { "text-field": ["get", "words"], "text-font": font, "text-size": 13, "text-allow-overlap": true }, paint: { "text-color": ["get", "ink"] } },
      { id: "point", type: "circle", source: "points", filter: isPoint, paint: { "circle-color": ["get", "fill"], "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, 5, 12, 10], "circle-stroke-width": 2, "circle-stroke-color": token("--surface") } },
      { id: "point-character", type: "symbol", source: "points", filter: isPoint, minzoom: 10, layout: { "text-field": ["get", "character"], "text-font": font, "text-size": 11, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": ["get", "ink"] } },
    ],
  };
}

type Box = [number, number, number, number];

export function boundsOf(features: GeoJSON.Feature[]): Box | null {
  let box: Box | null = null;
  const widen = (place: unknown): void => {
    if (!Array.isArray(place)) return;
    if (typeof place[0] === "number" && typeof place[1] === "number") {
      const [x, y] = place as [number, number];
      box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y];
    } else for (const inner of place) widen(inner);
  };
  for (const feature of features) if ("coordinates" in feature.geometry) widen(feature.geometry.coordinates);
  return box;
}

/** One label point per county: where the data says, else the middle of its box. */
export function labels(features: GeoJSON.Feature[]): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: features.flatMap((feature) => {
      const said = feature.properties ?? {};
      const box = boundsOf([feature]);
      if (!box) return [];
      const place = [Number(said["label_lon"] ?? (box[0] + box[2]) / 2), Number(said["label_lat"] ?? (box[1] + box[3]) / 2)];
      return [{ type: "Feature" as const, properties: { name: (inEnglish() && said["name_en"]) || said["name"] || "" }, geometry: { type: "Point" as const, coordinates: place } }];
    }),
  };
}

type Project = (place: [number, number]) => { x: number; y: number };
const LEVEL_ORDER = ["#1e6fd9", "#f2c200", "#e8710a", "#c8102e"];

/** The graver of two fills: a risk colour before the accent, the higher risk before the lower. */
function graver(one: unknown, other: unknown): unknown {
  return LEVEL_ORDER.indexOf(String(one)) >= LEVEL_ORDER.indexOf(String(other)) ? one : other;
}

/** Joins dressed features that would cover one another on the screen; counts add up, the gravest colour stays. */
export function joined(features: GeoJSON.Feature[], project: Project, near: number): GeoJSON.Feature[] {
  const heaps: { x: number; y: number; feature: GeoJSON.Feature }[] = [];
  for (const feature of features) {
    if (feature.geometry.type !== "Point") continue;
    const { x, y } = project(feature.geometry.coordinates as [number, number]);
    const heap = heaps.find((known) => Math.hypot(known.x - x, known.y - y) < near);
    if (!heap) { heaps.push({ x, y, feature }); continue; }
    const [a, b] = [heap.feature.properties ?? {}, feature.properties ?? {}];
    const count = Number(a["count"] ?? 1) + Number(b["count"] ?? 1);
    const fill = graver(a["fill"], b["fill"]);
    const ink = fill === a["fill"] ? a["ink"] : b["ink"];
    heap.feature = { ...heap.feature, properties: { count, fill, ink, words: shortCount(count), character: "" } };
  }
  return heaps.map((heap) => heap.feature);
}

export function shortCount(count: number): string {
  return count > 999 ? `${(count / 1000).toFixed(1)}k` : String(count);
}
