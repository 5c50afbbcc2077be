import { expect, test } from "vitest";
import { cornersOf, isCrossed, MOST_CORNERS, read, thinned, written } from "./lasso";

const circle = Array.from({ length: 500 }, (_, index) => ({ x: 200 * Math.cos((index / 500) * 2 * Math.PI), y: 200 * Math.sin((index / 500) * 2 * Math.PI) }));

test("a straight line keeps its ends, a hand-drawn circle few corners", () => {
  expect(thinned([{ x: 0, y: 0 }, { x: 5, y: 0.5 }, { x: 10, y: 0 }], 1)).toHaveLength(2);
  const corners = cornersOf(circle);
  expect(corners.length).toBeGreaterThan(8);
  expect(corners.length).toBeLessThanOrEqual(MOST_CORNERS);
  expect(isCrossed(corners)).toBe(false);
});

test("a scribble still ends with few corners", () => {
  const scribble = Array.from({ length: 3000 }, (_, index) => ({ x: (index * 7919) % 1000, y: (index * 104729) % 700 }));
  expect(cornersOf(scribble).length).toBeLessThanOrEqual(MOST_CORNERS);
});

test("a figure of eight crosses itself, a square does not", () => {
  expect(isCrossed([{ x: 0, y: 0 }, { x: 10, y: 10 }, { x: 10, y: 0 }, { x: 0, y: 10 }])).toBe(true);
  expect(isCrossed([{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }, { x: 0, y: 10 }])).toBe(false);
});

test("an area is written as lists read it", () => {
  const ring: [number, number][] = [[125.1, 43.2], [125.25, 43.2], [125.2, 43.3]];
  expect(written(ring)).toBe("125.10000,43.20000;125.25000,43.20000;125.20000,43.30000");
  expect(read(written(ring))).toEqual(ring);
  expect(read("")).toEqual([]);
  expect(read("a,b;c,d;e,f")).toEqual([]);
});
