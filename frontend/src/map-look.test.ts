import { expect, test } from "vitest";
import { boundsOf, colourOf, dressed, joined, labels } from "./map-look";

const square: GeoJSON.Feature = {
  type: "Feature",
  properties: { name: "南关区" },
  geometry: { type: "Polygon", coordinates: [[[125, 43], [126, 43], [126, 44], [125, 43]]] },
};

test("risk colours are taken by level, others fall to the accent", () => {
  expect(colourOf(4, "#000000")).toBe("#c8102e");
  expect(colourOf("#0b5a62", "#000000")).toBe("#0b5a62");
  expect(colourOf("javascript:", "#000000")).toBe("#000000");
});

test("a point is dressed with character and ink", () => {
  const [point] = dressed([{ ...square, properties: { colour: 2 } }], "#0b5a62", "#ffffff").features;
  expect(point?.properties).toMatchObject({ fill: "#f2c200", character: "一", count: 1, ink: "#1f1800" });
});

test("bounds and label points", () => {
  expect(boundsOf([square])).toEqual([125, 43, 126, 44]);
  expect(boundsOf([])).toBeNull();
  expect(labels([square]).features[0]?.geometry).toEqual({ type: "Point", coordinates: [125.5, 43.5] });
});

test("features that cover one another become one, with the gravest colour", () => {
  const at = (x: number, colour: unknown, count: number): GeoJSON.Feature => ({ type: "Feature", properties: { colour, count }, geometry: { type: "Point", coordinates: [x, 0] } });
  const { features } = dressed([at(0, "", 3), at(10, 4, 2), at(200, 2, 1)], "#0b5a62", "#ffffff");
  const heaps = joined(features, ([x, y]) => ({ x, y }), 30);
  expect(heaps.map((heap) => [heap.properties?.["count"], heap.properties?.["fill"]])).toEqual([[5, "#c8102e"], [1, "#f2c200"]]);
});
