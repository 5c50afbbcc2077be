/** Which tiles a change touches: the one it lies in, and those into which the cell of its place may reach. */
import type { Place } from "./coordinates";

export type TileName = { x: number; y: number; z: number };
const REACH = 0.25; // of a tile: half a cell of the grid, and a little more

/** The tiles of a zoom that changes at some places touch, each once. */
export function touchedTiles(places: readonly Place[], zoom: number, deepest: number): TileName[] {
  const z = Math.max(0, Math.min(Math.floor(zoom), deepest));
  const across = 2 ** z;
  const found = new Map<string, TileName>();
  for (const [longitude, latitude] of places) {
    const x = ((longitude + 180) / 360) * across;
    const y = ((1 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / Math.PI) / 2) * across;
    for (const [east, south] of [[-REACH, -REACH], [REACH, -REACH], [-REACH, REACH], [REACH, REACH]] as const) {
      const tile = { x: Math.floor(x + east), y: Math.floor(y + south), z };
      if (tile.x >= 0 && tile.y >= 0 && tile.x < across && tile.y < across) found.set(`${tile.x}/${tile.y}`, tile);
    }
  }
  return [...found.values()];
}
