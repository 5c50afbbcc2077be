/** The rows of some lists as a map draws them: what is asked of the server, their source and layers, an area drawn around them. */
import type { GeoJSONSource, LayerSpecification, StyleSpecification, VectorSourceSpecification } from "maplibre-gl";

import { fetched, tilesAddress } from "./ahead";
import type { CityView } from "./city-view";
import type { Place } from "./coordinates";
import { KNOWN_TILES } from "./known-tiles";
import { areaLayers, LEVELS, ROWS, rowLayers } from "./map-look";
import { drawSigns } from "./map-signs";
import { say } from "./words";

export type TilesSaid = { tiles: string[]; minzoom: number; maxzoom: number; bounds: [number, number, number, number] | null; count: number; placed: number; as_of: string };

/** What the rows of some lists are drawn from, and how many they are. */
export function asked(layers: string, query: string, within = ""): Promise<TilesSaid> {
  return fetched<TilesSaid>(tilesAddress(layers, query, within));
}

export function absolute(tiles: string[]): string[] {
  return tiles.map((address) => `${location.origin}${address}`);
}

function rowSource(said: TilesSaid): VectorSourceSpecification {
  return { type: KNOWN_TILES, tiles: absolute(said.tiles), minzoom: said.minzoom, maxzoom: said.maxzoom };
}

const isGround = (layer: LayerSpecification): boolean => layer.id.startsWith("cell");

/** Adds the rows of a list to a map, above everything but the names. */
export function addRows(view: CityView, said: TilesSaid, levels: readonly number[]): void {
  drawSigns(view.map);
  view.map.addSource(ROWS, rowSource(said));
  for (const layer of rowLayers(levels)) view.map.addLayer(layer, isGround(layer) ? "county-line" : undefined);
}

/** The same in a style that no map has yet. */
export function withRows(style: StyleSpecification, said: TilesSaid, levels: readonly number[]): StyleSpecification {
  const rows = rowLayers(levels);
  const above = style.layers.findIndex((layer) => layer.id === "county-line");
  const layers = [...style.layers.slice(0, above), ...rows.filter(isGround), ...style.layers.slice(above), ...rows.filter((layer) => !isGround(layer))];
  return { ...style, sources: { ...style.sources, [ROWS]: rowSource(said) }, layers };
}

export function showArea(view: CityView, ring: Place[]): void {
  const closed = ring.length > 0 ? [...ring, ring[0] as Place] : [];
  const shape: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: closed.length > 0 ? [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [closed] } }] : [] };
  const source = view.map.getSource("area") as GeoJSONSource | undefined;
  if (source) { source.setData(shape); return; }
  if (closed.length === 0) return; // what nobody has drawn is no part of the first picture
  view.map.addSource("area", { type: "geojson", data: shape });
  for (const layer of areaLayers()) view.map.addLayer(layer, view.map.getLayer("point") ? "point" : undefined);
}

/** A count with its thousands apart. Not by the browser's own formats: to make the first one ready takes a slow telephone longer
    than to draw the points. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** How many rows the list has, how many of them have no place on any map, and that a picture of some levels counts all. */
export function countLine(said: Pick<TilesSaid, "count" | "placed">, levels: readonly number[] = LEVELS): string {
  const lost = said.count - said.placed;
  const parts = [
    `${say("all")} ${grouped(said.count)} ${say("rows")}`.trim(),
    lost > 0 && `${grouped(lost)} ${say("unplaced")}`,
    levels.length < LEVELS.length && say("everyLevel"),
  ];
  return parts.filter(Boolean).join(" · ");
}
