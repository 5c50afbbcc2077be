import { describe, expect, it } from "vitest";
import { touchedTiles } from "./changes";

const names = (tiles: { x: number; y: number; z: number }[]): string[] => tiles.map(({ x, y, z }) => `${z}/${x}/${y}`).sort();

describe("tiles a change touches", () => {
  it("is the one tile where the place lies in its middle", () => {
    // the middle of tile 1/1/0: 90° east, and half way down in Mercator
    expect(names(touchedTiles([[90, 66.51326]], 1.7, 16))).toEqual(["1/1/0"]);
  });
  it("are the neighbours too where a cell may reach over the edge", () => {
    expect(names(touchedTiles([[0.001, -0.001]], 3, 16))).toEqual(["3/3/3", "3/3/4", "3/4/3", "3/4/4"]);
  });
  it("stops at the deepest tiles there are, and at the edge of the world", () => {
    expect(touchedTiles([[125.32, 43.88]], 18, 16).every((tile) => tile.z === 16)).toBe(true);
    expect(names(touchedTiles([[-179.999, 85]], 2, 16))).toEqual(["2/0/0"]);
  });
  it("names a tile once, however many changes lie in it", () => {
    expect(touchedTiles([[90, 66.5], [90.1, 66.5], [89.9, 66.4]], 1, 16)).toHaveLength(1);
    expect(touchedTiles([], 9, 16)).toEqual([]);
  });
});
