/** What has just changed bears its new colour on an open map before any tile is fetched: a sign of the page over the map,
    for a while, so that somebody who looks at the whole city sees where it was. The tiles follow beneath it. */
import { type Map as CityMap, Marker } from "maplibre-gl";

import { drawn } from "./coordinates";
import type { Sign } from "./live-topics";

const STAYS = 8000;
const CHARACTER = ["", "低", "一", "较", "重"];

type Shown = { marker: Marker; timer: number };

export class FreshSigns {
  private readonly shown = new Map<string, Shown>(); // by place: a row that changes again stands where it stood

  constructor(private readonly map: CityMap) {}

  show(signs: readonly Sign[]): void {
    for (const { at, level } of signs) {
      if (!at) continue;
      this.drop(at.join());
      if (level !== null) this.put(at, level);
    }
  }

  clear(): void {
    for (const place of [...this.shown.keys()]) this.drop(place);
  }

  private put(at: [number, number], level: number): void {
    const element = document.createElement("span");
    element.className = level > 0 ? `map-fresh mark mark-${level}` : "map-fresh";
    element.textContent = CHARACTER[level] ?? "";
    element.setAttribute("aria-hidden", "true"); // the tables beside the map say it in words
    const marker = new Marker({ element }).setLngLat(drawn(at)).addTo(this.map);
    this.shown.set(at.join(), { marker, timer: window.setTimeout(() => this.drop(at.join()), STAYS) });
  }

  private drop(place: string): void {
    const found = this.shown.get(place);
    if (!found) return;
    window.clearTimeout(found.timer);
    found.marker.remove();
    this.shown.delete(place);
  }
}
