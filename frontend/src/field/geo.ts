/** Distances between two points of the city, near enough for a person on foot. */
export type Point = { lng: string; lat: string };
const EARTH = 6_371_000;

export function metresApart(one: Point, other: Point): number {
  const [lng1, lat1, lng2, lat2] = [one.lng, one.lat, other.lng, other.lat].map((text) => (Number(text) * Math.PI) / 180) as [number, number, number, number];
  const x = (lng2 - lng1) * Math.cos((lat1 + lat2) / 2);
  return Math.hypot(x, lat2 - lat1) * EARTH;
}

export function metresWords(metres: number): string {
  return metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`;
}
