/** WGS84, in which everything is kept, and GCJ-02, in which some base tiles are drawn: the same published formula as the
    server's (kernel/registers/coordinates.py), so that a point picked on such a layer is kept where it truly is. */
export type Place = [number, number];
export type System = "wgs84" | "gcj02";

const AXIS = 6378245;
const ECCENTRICITY = 0.00669342162296594323;
const ROUNDS = 12;
const wave = (share: number): number => Math.sin(share * Math.PI);

function offset([longitude, latitude]: Place): Place {
  const [x, y] = [longitude - 105, latitude - 35];
  const ripple = ((20 * wave(6 * x) + 20 * wave(2 * x)) * 2) / 3;
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + ripple;
  north += ((20 * wave(y) + 40 * wave(y / 3)) * 2) / 3 + ((160 * wave(y / 12) + 320 * wave(y / 30)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + ripple;
  east += ((20 * wave(x) + 40 * wave(x / 3)) * 2) / 3 + ((150 * wave(x / 12) + 300 * wave(x / 30)) * 2) / 3;
  const angle = (latitude * Math.PI) / 180;
  const flat = 1 - ECCENTRICITY * Math.sin(angle) ** 2;
  const along = (((AXIS * (1 - ECCENTRICITY)) / (flat * Math.sqrt(flat))) * Math.PI) / 180;
  const across = ((AXIS / Math.sqrt(flat)) * Math.cos(angle) * Math.PI) / 180;
  return [east / across, north / along];
}

export function toGcj02(place: Place): Place {
  const [longitude, latitude] = place;
  if (longitude < 72.004 || longitude > 137.8347 || latitude < 0.8293 || latitude > 55.8271) return [longitude, latitude];
  const [east, north] = offset(place);
  return [longitude + east, latitude + north];
}

export function toWgs84(place: Place): Place {
  let found: Place = [...place];
  for (let round = 0; round < ROUNDS; round += 1) {
    const drawn = toGcj02(found);
    found = [found[0] + place[0] - drawn[0], found[1] + place[1] - drawn[1]];
  }
  return found;
}

/** In which system the base tiles of this page are drawn; without base tiles nothing needs turning. */
export function system(): System {
  return document.body.dataset["baseSystem"] === "gcj02" ? "gcj02" : "wgs84";
}

/** Where a kept place is drawn on this page's maps. */
export function drawn(place: Place): Place {
  return system() === "gcj02" ? toGcj02(place) : place;
}

/** The place to keep for one read off this page's maps. */
export function kept(place: Place): Place {
  return system() === "gcj02" ? toWgs84(place) : place;
}

/** Shapes as this page's maps draw them. */
export function drawnShapes(shapes: GeoJSON.FeatureCollection): GeoJSON.FeatureCollection {
  if (system() === "wgs84") return shapes;
  const turned = (part: unknown): unknown => (Array.isArray(part) && typeof part[0] === "number" ? drawn(part as Place) : (part as unknown[]).map(turned));
  return { ...shapes, features: shapes.features.map((one) => ("coordinates" in one.geometry ? { ...one, geometry: { ...one.geometry, coordinates: turned(one.geometry.coordinates) } as GeoJSON.Geometry } : one)) };
}
