/** Where this device is, with its accuracy; asked once per page and only when something needs it. */
import type { Place } from "./photo-store";

let asked: Promise<Place | null> | undefined;

export function here(): Promise<Place | null> {
  asked ??= new Promise((resolve) => {
    if (!("geolocation" in navigator)) { resolve(null); return; }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ longitude: coords.longitude, latitude: coords.latitude, accuracy: coords.accuracy }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: 12_000, maximumAge: 30_000 },
    );
  });
  return asked;
}

/** Whether this device could be asked at all; a button that can only fail is not offered. */
export async function mayLocate(): Promise<boolean> {
  if (!("geolocation" in navigator)) return false;
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state !== "denied";
  } catch {
    return true;
  }
}
