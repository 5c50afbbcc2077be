import { afterEach, expect, test } from "vitest";
import { drawn, drawnShapes, kept, toGcj02, toWgs84 } from "./coordinates";

afterEach(() => { delete document.body.dataset["baseSystem"]; });

test("there and back is the same place, and a city in the north-east moves by hundreds of metres", () => {
  for (const place of [[125.3235, 43.8171], [87.6, 43.8], [113.3, 23.1], [73.5, 39.4]] as [number, number][]) {
    const there = toGcj02(place);
    expect(Math.hypot(there[0] - place[0], there[1] - place[1])).toBeGreaterThan(0.0005);
    const back = toWgs84(there);
    expect(Math.hypot(back[0] - place[0], back[1] - place[1])).toBeLessThan(1e-8);
  }
  expect(toGcj02([125.3235, 43.8171])[0] - 125.3235).toBeCloseTo(0.0064, 3);
});

test("outside China and without base tiles nothing moves", () => {
  expect(toGcj02([-122.4, 37.8])).toEqual([-122.4, 37.8]);
  expect(drawn([125.3, 43.8])).toEqual([125.3, 43.8]);
  expect(kept([125.3, 43.8])).toEqual([125.3, 43.8]);
});

test("on a GCJ-02 layer shapes are drawn shifted and picked places are kept true", () => {
  document.body.dataset["baseSystem"] = "gcj02";
  const back = kept(drawn([125.3, 43.8]));
  expect(back[0]).toBeCloseTo(125.3, 8);
  const shapes = drawnShapes({ type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[[125, 43], [126, 43], [126, 44], [125, 43]]] } }] });
  const ring = (shapes.features[0]?.geometry as GeoJSON.Polygon).coordinates[0];
  expect(ring?.[0]?.[0]).toBeGreaterThan(125.003);
});
