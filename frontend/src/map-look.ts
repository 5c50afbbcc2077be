/** How the city is drawn: county shapes, cells, heaps and points of our own tiles, base tiles only where an operator set some. */
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";

import { inEnglish } from "./words";

export const LEVELS = [4, 3, 2, 1, 0] as const;
export const ROWS = "rows";
const EMPTY = { type: "FeatureCollection" as const, features: [] };
export const FACE = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const FONT = ["Noto Sans CJK SC Regular"];

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// --- what is shown of a heap depends on the levels that are switched on

function countOf(level: number): ExpressionSpecification {
  return ["coalesce", ["get", `n${level}`], 0];
}

/** How many rows of the levels switched on a heap or cell stands for. */
export function shownCount(levels: readonly number[]): ExpressionSpecification {
  return levels.length > 0 ? ["+", 0, ...levels.map(countOf)] : ["literal", 0] as unknown as ExpressionSpecification;
}

/** The gravest level among those switched on that occurs in a heap. */
export function worstLevel(levels: readonly number[]): ExpressionSpecification {
  const graded = [...levels].filter((level) => level > 0).sort((one, other) => other - one);
  const cases = graded.flatMap((level) => [[">", countOf(level), 0], level]);
  return (cases.length > 0 ? ["case", ...cases, 0] : ["literal", 0]) as unknown as ExpressionSpecification;
}

export function heapsShown(levels: readonly number[]): FilterSpecification {
  return [">", shownCount(levels), 0];
}

export function pointsShown(levels: readonly number[]): FilterSpecification {
  return ["in", ["get", "level"], ["literal", [...levels]]];
}

/** The count as a heap says it: 999, 1.2k or 12k. */
export function countWords(levels: readonly number[]): ExpressionSpecification {
  const count = shownCount(levels);
  const thousands = (places: number): ExpressionSpecification => ["concat", ["to-string", ["/", ["round", ["/", count, 1000 / places]], places]], "k"];
  return ["case", ["<", count, 1000], ["to-string", count], ["<", count, 10000], thousands(10), thousands(1)];
}

function sized(levels: readonly number[]): ExpressionSpecification {
  return ["interpolate", ["linear"], ["log10", ["max", 1, shownCount(levels)]], 0, 0.62, 1, 0.8, 2, 0.98, 3, 1.2, 5, 1.5];
}

/** What changes when levels are switched: [layer, kind of property, name, value]. */
export function dressings(levels: readonly number[]): { filters: [string, FilterSpecification][]; layout: [string, string, unknown][]; paint: [string, string, unknown][] } {
  // Cells that bear a level of their own (by the rule of their list) lend it to their disc while no level is switched off.
  const gravest = worstLevel(levels);
  const worst: ExpressionSpecification = levels.length === LEVELS.length ? (["coalesce", ["get", "level"], gravest] as ExpressionSpecification) : gravest;
  return {
    filters: [["cell", heapsShown(levels)], ["cell-pattern", ["all", ["has", "level"], [">", ["get", "level"], 0], heapsShown(levels)] as unknown as FilterSpecification], ["heap", heapsShown(levels)], ["point", pointsShown(levels)]],
    layout: [
      ["heap", "icon-image", ["case", ["all", ["has", "level"], ["==", worst, 0]], "heap--1", ["concat", "heap-", ["to-string", worst]]]], ["heap", "icon-size", sized(levels)], ["heap", "text-field", countWords(levels)],
      ["heap", "symbol-sort-key", shownCount(levels)],
    ],
    paint: [
      ["heap", "text-color", inkOf(worst)], ["cell", "fill-color", groundOf()],
      ["cell", "fill-opacity", ["case", ["!", ["has", "level"]], density(levels), ["==", ["get", "level"], 0], 0.12, ["get", "few"], 0.38, 0.62]],
    ],
  };
}

function inkOf(level: ExpressionSpecification): ExpressionSpecification {
  return ["match", level, 4, token("--risk-4-ink"), 3, token("--risk-3-ink"), 2, token("--risk-2-ink"), 1, token("--risk-1-ink"), token("--accent-ink")];
}

/** The ground of a cell: its own level where it bears one, else the accent. */
function groundOf(): ExpressionSpecification {
  return ["match", ["coalesce", ["get", "level"], -1], 4, token("--risk-4"), 3, token("--risk-3"), 2, token("--risk-2"), 1, token("--risk-1"), token("--accent")];
}

function density(levels: readonly number[]): ExpressionSpecification {
  return ["interpolate", ["linear"], ["log10", ["max", 1, shownCount(levels)]], 0, 0.07, 1, 0.14, 2, 0.24, 3, 0.36, 4, 0.5];
}

/** The layers of our own tiles, once their source is there. */
export function rowLayers(levels: readonly number[]): LayerSpecification[] {
  const { filters, layout, paint } = dressings(levels);
  const of = (layer: string, all: [string, string, unknown][]): Record<string, unknown> => Object.fromEntries(all.filter(([name]) => name === layer).map(([, name, value]) => [name, value]));
  const filter = (layer: string): FilterSpecification => (filters.find(([name]) => name === layer) as [string, FilterSpecification])[1];
  return [
    { id: "cell", type: "fill", source: ROWS, "source-layer": "cells", filter: filter("cell"), paint: { "fill-outline-color": token("--surface"), ...of("cell", paint) } },
    { id: "cell-pattern", type: "fill", source: ROWS, "source-layer": "cells", filter: filter("cell-pattern"), paint: { "fill-pattern": ["concat", "ground-", ["to-string", ["get", "level"]]] } },
    { id: "point", type: "symbol", source: ROWS, "source-layer": "points", filter: filter("point"), layout: { "icon-image": ["case", ["all", ["==", ["get", "kind"], "enterprise-colours"], ["==", ["get", "level"], 0]], "point--1", ["all", ["==", ["get", "kind"], "installations"], [">", ["get", "level"], 0]], ["concat", "grade-", ["to-string", ["get", "level"]]], ["concat", "point-", ["to-string", ["get", "level"]]]], "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-size": ["interpolate", ["linear"], ["zoom"], 13, 0.8, 16, 1], "symbol-sort-key": ["get", "level"] } },
    { id: "heap", type: "symbol", source: ROWS, "source-layer": "clusters", filter: filter("heap"), layout: { "icon-allow-overlap": true, "icon-ignore-placement": true, "text-font": FONT, "text-size": 13, "text-allow-overlap": true, "text-ignore-placement": true, ...of("heap", layout) }, paint: of("heap", paint) },
  ] as LayerSpecification[];
}

/** Addresses of base tiles from what an operator set: `{0-7}` stands for several hosts. */
export function hosts(address: string): string[] {
  const several = /\{(\d)-(\d)\}/.exec(address);
  if (!several) return [address];
  const [first, last] = [Number(several[1]), Number(several[2])];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => address.replace(several[0], String(first + index)));
}

const IS_NAME = ["==", ["geometry-type"], "Point"] as unknown as FilterSpecification;
const IS_AREA = ["!", IS_NAME] as unknown as FilterSpecification;

/** What is the same for all shapes of a layer, told as if each had its own: the layers of rows, whose shapes do, are then painted by
    the same program, and each program less spares a telephone without a graphics card some hundredths of a second. */
function ofEach(value: string | number): ExpressionSpecification {
  return ["case", ["has", "name"], value, value] as unknown as ExpressionSpecification;
}

/** The style of the city: its counties and the points where their names stand, none where they could not be fetched. */
export function cityStyle(counties: GeoJSON.FeatureCollection | null, names: GeoJSON.FeatureCollection | null): StyleSpecification {
  const bases = (document.body.dataset["baseTiles"] ?? "").split(" ").filter(Boolean);
  const attribution = document.body.dataset["baseAttribution"] ?? "";
  const baseSources = Object.fromEntries(bases.map((address, index) => [`base-${index}`, { type: "raster" as const, tiles: hosts(address), tileSize: 256, maxzoom: 18, attribution }]));
  return {
    version: 8,
    sources: {
      ...baseSources,
      counties: { type: "geojson", data: { type: "FeatureCollection", features: [...(counties ?? EMPTY).features, ...(names ?? EMPTY).features] } },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("--surface-3") } },
      ...bases.map((_, index) => ({ id: `base-${index}`, type: "raster" as const, source: `base-${index}` })),
      { id: "county", type: "fill", source: "counties", filter: IS_AREA, paint: { "fill-color": ofEach(token("--surface")), "fill-opacity": ofEach(bases.length > 0 ? 0 : 1), "fill-antialias": false } },
      { id: "county-line", type: "line", source: "counties", filter: IS_AREA, paint: { "line-color": token("--line-strong"), "line-width": ["interpolate", ["linear"], ["zoom"], 7, 1, 12, 2] } },
      { id: "county-name", type: "symbol", source: "counties", filter: IS_NAME, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 7, 12, 11, 16], "text-allow-overlap": false }, paint: { "text-color": ofEach(token("--ink-2")), "text-halo-color": token("--surface"), "text-halo-width": 2 } },
    ],
  };
}

/** The colour of each county by the level told of it (`code`, `level`); none where none is told. */
export function areaColours(told: readonly [string, string][]): ExpressionSpecification {
  const cases = told.flatMap(([code, level]) => [code, Number(level)]);
  const level = told.length > 0 ? ["match", ["to-string", ["get", "code"]], ...cases, 0] : ["literal", 0];
  return ["match", level, 4, token("--risk-4"), 3, token("--risk-3"), 2, token("--risk-2"), 1, token("--risk-1"), "rgba(0,0,0,0)"] as unknown as ExpressionSpecification;
}

export function levelLayer(color: ExpressionSpecification): LayerSpecification {
  return { id: "county-level", type: "fill", source: "counties", filter: IS_AREA, paint: { "fill-color": color, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 7, 0.3, 10, 0.12] } };
}

/** The layers of an area that somebody drew, once there is one. */
export function areaLayers(): LayerSpecification[] {
  return [
    { id: "area", type: "fill", source: "area", paint: { "fill-color": token("--accent"), "fill-opacity": 0.08 } },
    { id: "area-line", type: "line", source: "area", paint: { "line-color": token("--accent-text"), "line-width": 2.5, "line-dasharray": [2, 1.5] } },
  ];
}

/** What takes its colour from the page and is painted anew when it turns dark or light. */
export const PAINTS: [string, string, string][] = [
  ["ground", "background-color", "--surface-3"], ["county", "fill-color", "--surface"],
  ["county-line", "line-color", "--line-strong"], ["county-name", "text-color", "--ink-2"],
  ["county-name", "text-halo-color", "--surface"], ["area", "fill-color", "--accent"], ["area-line", "line-color", "--accent-text"],
  ["cell", "fill-outline-color", "--surface"],
];

// --- shapes

export type Box = [number, number, number, number];

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

/** A round length for a scale bar no wider than `most` pixels: [metres, pixels]. */
export function scaleBar(metresPerPixel: number, most: number): [number, number] {
  const reach = metresPerPixel * most;
  const power = 10 ** Math.floor(Math.log10(reach));
  const metres = [5, 2, 1].map((step) => step * power).find((length) => length <= reach) ?? power;
  return [metres, metres / metresPerPixel];
}
