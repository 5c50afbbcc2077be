import { createExpression } from "@maplibre/maplibre-gl-style-spec";
import { expect, test } from "vitest";
import { boundsOf, countWords, dressings, heapsShown, hosts, labels, pointsShown, rowLayers, scaleBar, shownCount, worstLevel } from "./map-look";

const square: GeoJSON.Feature = {
  type: "Feature",
  properties: { name: "南关区" },
  geometry: { type: "Polygon", coordinates: [[[125, 43], [126, 43], [126, 44], [125, 43]]] },
};

/** What an expression says of a heap. */
function said(expression: unknown, properties: Record<string, unknown>): unknown {
  const made = createExpression(expression, "layers[0].filter");
  if (made.result === "error") throw new Error(JSON.stringify(made.value));
  return made.value.evaluate({ zoom: 8 }, { type: 1, properties } as never);
}

test("a heap counts the levels that are switched on and takes the gravest of them", () => {
  const heap = { n: 1210, n4: 3, n2: 7, n0: 1200 };
  expect(said(shownCount([4, 3, 2, 1, 0]), heap)).toBe(1210);
  expect(said(shownCount([4, 2]), heap)).toBe(10);
  expect(said(worstLevel([4, 3, 2, 1, 0]), heap)).toBe(4);
  expect(said(worstLevel([0, 1, 2, 3]), heap)).toBe(2);
  expect(said(worstLevel([0]), heap)).toBe(0);
  expect(said(heapsShown([3, 1]), heap)).toBe(false);
  expect(said(heapsShown([]), heap)).toBe(false);
  expect(said(countWords([4, 3, 2, 1, 0]), heap)).toBe("1.2k");
  expect(said(countWords([4, 2]), heap)).toBe("10");
  expect(said(countWords([0]), { n0: 23456 })).toBe("23k");
});

test("points are shown by level", () => {
  expect(said(pointsShown([4, 0]), { level: 4 })).toBe(true);
  expect(said(pointsShown([4, 0]), { level: 2 })).toBe(false);
});

test("every layer of rows has its filter", () => {
  expect(rowLayers([4, 0]).map((layer) => [layer.id, "filter" in layer && Boolean(layer.filter)])).toEqual([["cell", true], ["cell-pattern", true], ["point", true], ["heap", true]]);
});

test("a disc takes the level of its area while no level is switched off", () => {
  const icon = (levels: number[]): unknown => (dressings(levels).layout.find(([layer, name]) => layer === "heap" && name === "icon-image") as [string, string, unknown])[2];
  const heap = { n: 82, n4: 2, n1: 80, level: 1 };
  expect(said(icon([4, 3, 2, 1, 0]), heap)).toBe("heap-1");
  expect(said(icon([4, 3]), heap)).toBe("heap-4");
  expect(said(icon([4, 3, 2, 1, 0]), { n: 5, n0: 5, level: 0 })).toBe("heap--1");
  expect(said(icon([4, 3, 2, 1, 0]), { n: 5, n0: 5 })).toBe("heap-0");
});

test("bounds and label points", () => {
  expect(boundsOf([square])).toEqual([125, 43, 126, 44]);
  expect(boundsOf([])).toBeNull();
  expect(labels([square]).features[0]?.geometry).toEqual({ type: "Point", coordinates: [125.5, 43.5] });
});

test("several hosts of base tiles", () => {
  expect(hosts("https://t{0-2}.example.org/{z}/{x}/{y}")).toEqual(["https://t0.example.org/{z}/{x}/{y}", "https://t1.example.org/{z}/{x}/{y}", "https://t2.example.org/{z}/{x}/{y}"]);
  expect(hosts("https://example.org/{z}/{x}/{y}")).toEqual(["https://example.org/{z}/{x}/{y}"]);
});

test("a scale bar is a round length that fits", () => {
  expect(scaleBar(30, 200)).toEqual([5000, 5000 / 30]);
  expect(scaleBar(1, 150)).toEqual([100, 100]);
});
