/** Drawing an area by hand: the line is thinned to few corners, judged, and written as lists read it (`within`). */
import type { Place } from "./coordinates";

export const MOST_CORNERS = 60;
type Spot = { x: number; y: number };

/** Thins a line (Douglas and Peucker) so that no dropped point lay farther than `far` from what stays. */
export function thinned(line: Spot[], far: number): Spot[] {
  const [first, last] = [line[0], line[line.length - 1]];
  if (line.length < 3 || !first || !last) return line;
  let [worst, at] = [0, 0];
  for (let index = 1; index < line.length - 1; index += 1) {
    const distance = offLine(line[index] as Spot, first, last);
    if (distance > worst) [worst, at] = [distance, index];
  }
  if (worst <= far) return [first, last];
  return [...thinned(line.slice(0, at + 1), far).slice(0, -1), ...thinned(line.slice(at), far)];
}

function offLine(spot: Spot, from: Spot, to: Spot): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length === 0) return Math.hypot(spot.x - from.x, spot.y - from.y);
  return Math.abs(dy * (spot.x - from.x) - dx * (spot.y - from.y)) / length;
}

/** A hand-drawn line as the corners of an area: few enough to travel in an address. */
export function cornersOf(line: Spot[]): Spot[] {
  for (let far = 2; ; far *= 1.6) {
    const corners = thinned(line, far);
    if (corners.length <= MOST_CORNERS) return corners;
  }
}

function turn(a: Spot, b: Spot, c: Spot): number {
  return Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));
}

function cross(a: Spot, b: Spot, c: Spot, d: Spot): boolean {
  return turn(a, b, c) !== turn(a, b, d) && turn(c, d, a) !== turn(c, d, b);
}

/** Whether the outline of a closed ring crosses itself. */
export function isCrossed(ring: Spot[]): boolean {
  const sides = ring.map((from, index) => [from, ring[(index + 1) % ring.length] as Spot] as const);
  return sides.some(([a, b], one) =>
    sides.some(([c, d], other) => {
      if (other <= one + 1 || (one === 0 && other === sides.length - 1)) return false;
      return cross(a, b, c, d);
    }),
  );
}

/** The area as lists read it: `longitude,latitude;…` in WGS84 with about a metre's precision. */
export function written(ring: Place[]): string {
  return ring.map(([longitude, latitude]) => `${longitude.toFixed(5)},${latitude.toFixed(5)}`).join(";");
}

export function read(text: string): Place[] {
  const ring = text.split(";").map((corner) => corner.split(",").map(Number) as Place);
  return ring.length >= 3 && ring.every((place) => place.length === 2 && place.every(Number.isFinite)) ? ring : [];
}
