import { expect, test } from "vitest";
import { boundsOf, colourOf, dressed, labels } from "./map-look";

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
