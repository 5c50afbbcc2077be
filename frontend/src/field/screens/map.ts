/** The small map: the county's outline, the sites, my position. Drawn from what is on the phone; it asks no network. */
import type { App } from "../app";
import { frame } from "../frame";
import type { Shape, Site } from "../types";
import { h, svg } from "../ui";
import { say } from "../words";

type Pair = [number, number];
const SIDE = 1000;

export async function mapScreen(app: App): Promise<void> {
  const [sites, outline] = await Promise.all([app.store.sites(), app.store.outline()]);
  app.locate();
  const placed = sites.filter((site) => site.lng && site.lat);
  const me = app.here();
  const points: Pair[] = placed.map((site) => [Number(site.lng), Number(site.lat)]);
  if (me) points.push([Number(me.lng), Number(me.lat)]);
  const fit = fitted(points);
  const picture = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, class: "field-map", role: "img", "aria-label": say("map") });
  for (const ring of (outline ?? []).flatMap(rings)) picture.append(svg("path", { class: "outline", d: `M${ring.map((at) => fit(at).join(" ")).join("L")}Z` }));
  const name = h("div", { class: "field-map-name" });
  for (const site of placed) picture.append(dot(site, fit, name));
  if (me) {
    const [x, y] = fit([Number(me.lng), Number(me.lat)]);
    picture.append(svg("circle", { class: "me", cx: x, cy: y, r: 14 }));
  }
  frame(app, { title: say("map"), here: "#/map" }, h("div", { class: "field-map-box" }, picture), name, me === null && h("p", { class: "field-sub" }, say("noPlace")));
}

function dot(site: Site, fit: (at: Pair) => Pair, name: HTMLElement): SVGElement {
  const [x, y] = fit([Number(site.lng), Number(site.lat)]);
  const group = svg("g", { class: site.open.length ? "site open" : "site", tabindex: 0, role: "button", "aria-label": site.name });
  group.append(svg("circle", { class: "reach", cx: x, cy: y, r: 45 }), svg("circle", { class: "dot", cx: x, cy: y, r: 12 }));
  group.addEventListener("click", () => name.replaceChildren(h("a", { class: "field-card", href: `#/site/${site.id}` }, h("b", {}, site.name), h("span", { class: "field-sub" }, site.address))));
  return group;
}

/** Gives how degrees become places in the picture: all points inside, north up, lengths true in both directions. */
export function fitted(points: readonly Pair[]): (at: Pair) => Pair {
  const lngs = points.map(([lng]) => lng);
  const lats = points.map(([, lat]) => lat);
  const [west, east, south, north] = points.length ? [Math.min(...lngs), Math.max(...lngs), Math.min(...lats), Math.max(...lats)] : [0, 1, 0, 1];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const across = Math.max((east - west) * squeeze, north - south, 0.005) * 1.2;
  const [midLng, midLat] = [(west + east) / 2, (south + north) / 2];
  const round = (value: number) => Math.round(value * 10) / 10;
  return ([lng, lat]) => [round(SIDE / 2 + (((lng - midLng) * squeeze) / across) * SIDE), round(SIDE / 2 - ((lat - midLat) / across) * SIDE)];
}

function rings(shape: Shape): Pair[][] {
  if (shape.type === "Polygon") return (shape.coordinates as Pair[][]).slice(0, 1);
  if (shape.type === "MultiPolygon") return (shape.coordinates as Pair[][][]).map((one) => one[0]!);
  return [];
}
