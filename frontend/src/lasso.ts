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

const SAME = 3; // pixels: two spots so near are one
const MOST_CUT = 0.25; // of the whole line: what is longer was no slip

/**
 * The ring of a hand that came back to where it began: a last corner on the first is one corner, and where the hand went on
 * past its own beginning, or began a little aside, the short ends that stick out are cut off at the crossing.
 */
export function closed(corners: Spot[]): Spot[] {
  const [first, last] = [corners[0], corners[corners.length - 1]];
  if (corners.length < 4 || !first || !last) return corners;
  const ring = Math.hypot(first.x - last.x, first.y - last.y) <= SAME ? corners.slice(0, -1) : corners;
  if (!isCrossed(ring)) return ring;
  for (let one = 0; one < corners.length - 3; one += 1) {
    for (let other = corners.length - 2; other > one + 1; other -= 1) {
      const at = meeting(corners[one] as Spot, corners[one + 1] as Spot, corners[other] as Spot, corners[other + 1] as Spot);
      if (!at) continue;
      const loop = [at, ...corners.slice(one + 1, other + 1)];
      const isShort = 1 - lengthOf([...loop, at]) / lengthOf(corners) <= MOST_CUT;
      return isShort && !isCrossed(loop) ? loop : ring;
    }
  }
  return ring;
}

function lengthOf(line: Spot[]): number {
  return line.slice(1).reduce((sum, spot, index) => sum + Math.hypot(spot.x - (line[index] as Spot).x, spot.y - (line[index] as Spot).y), 0);
}

/** Where two sides meet, if they do. */
function meeting(a: Spot, b: Spot, c: Spot, d: Spot): Spot | undefined {
  const across = (b.x - a.x) * (d.y - c.y) - (b.y - a.y) * (d.x - c.x);
  if (across === 0 || !cross(a, b, c, d)) return undefined;
  const part = ((c.x - a.x) * (d.y - c.y) - (c.y - a.y) * (d.x - c.x)) / across;
  return { x: a.x + part * (b.x - a.x), y: a.y + part * (b.y - a.y) };
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
