import { expect, test } from "vitest";
import { closed, cornersOf, isCrossed, MOST_CORNERS, read, thinned, written } from "./lasso";

const circle = Array.from({ length: 500 }, (_, index) => ({ x: 200 * Math.cos((index / 500) * 2 * Math.PI), y: 200 * Math.sin((index / 500) * 2 * Math.PI) }));

test("a straight line keeps its ends, a hand-drawn circle few corners", () => {
  expect(thinned([{ x: 0, y: 0 }, { x: 5, y: 0.5 }, { x: 10, y: 0 }], 1)).toHaveLength(2);
  const corners = cornersOf(circle);
  expect(corners.length).toBeGreaterThan(8);
  expect(corners.length).toBeLessThanOrEqual(MOST_CORNERS);
  expect(isCrossed(corners)).toBe(false);
});

function arc(from: number, to: number, radius = (_: number) => 200) {
  return Array.from({ length: 400 }, (_, index) => {
    const at = from + (index / 399) * (to - from);
    return { x: Math.round(radius(at) * Math.cos(at)), y: Math.round(radius(at) * Math.sin(at)) };
  });
}

test.each([
  ["ends exactly where it began", arc(0, 2 * Math.PI)],
  ["goes on past its beginning, inwards", arc(0, 2 * Math.PI + 0.4, (at) => 210 - 5 * at)],
  ["goes on past its beginning, across it", arc(0, 2 * Math.PI + 0.4, (at) => 200 + (at > 2 * Math.PI ? 60 : -60) * Math.abs(at - 2 * Math.PI) * Number(at > 5.8))],
  ["ends short of its beginning", arc(0, 2 * Math.PI - 0.4)],
])("a circle that %s is an area", (_, line) => {
  const ring = closed(cornersOf(line));
  expect(isCrossed(ring)).toBe(false);
  expect(ring.length).toBeGreaterThan(8);
  const area = Math.abs(ring.reduce((sum, spot, index) => {
    const next = ring[(index + 1) % ring.length] as { x: number; y: number };
    return sum + spot.x * next.y - next.x * spot.y;
  }, 0)) / 2;
  expect(area).toBeGreaterThan(0.8 * Math.PI * 190 * 190);
});

test("a figure of eight is not cut to one of its halves", () => {
  const eight = Array.from({ length: 400 }, (_, index) => {
    const at = Math.PI / 2 + (index / 399) * 2 * Math.PI;
    return { x: 200 * Math.sin(at), y: 100 * Math.sin(2 * at) };
  });
  expect(isCrossed(closed(cornersOf(eight)))).toBe(true);
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
