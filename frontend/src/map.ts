/** The small maps: `picker` puts one point into a form, `thumb` shows one place. The large ones are read when a page has one. */
import { GeolocateControl, Marker } from "maplibre-gl";
import { CityView, text } from "./city-view";
import { drawn, kept, type Place } from "./coordinates";
import { token } from "./map-look";
import { pictureOf } from "./map-first";
import { ListMap } from "./map-list";
import { SheetMap } from "./map-sheet";
import { say } from "./words";

class PickerMap extends CityView {
  private marker: Marker | undefined;

  protected override async ready(): Promise<void> {
    await super.ready();
    const { here, mayLocate } = await import("./place");
    if (await mayLocate()) this.addFinder();
    this.map.on("click", (event) => this.put(event.lngLat.lng, event.lngLat.lat));
    const known = this.centre();
    if (known) { this.put(...known, false); return; }
    if (!this.root.hasAttribute("data-locate")) return;
    const place = await here();
    if (!place || this.marker) { if (!place) this.tell(say("noPosition")); return; }
    const spot = drawn([place.longitude, place.latitude]);
    this.put(...spot);
    this.map.jumpTo({ center: spot, zoom: 15 });
    this.tell(`${say("positioned")} ${Math.round(place.accuracy)} ${say("metres")}`);
    window.setTimeout(() => this.tell(""), 4000);
  }

  /** The button names itself only once the browser has answered whether it can tell a place: until then it goes by ours. */
  private addFinder(): void {
    this.map.addControl(new GeolocateControl({ positionOptions: { enableHighAccuracy: true }, showAccuracyCircle: true }), "top-right");
    const button = this.root.querySelector(".maplibregl-ctrl-geolocate");
    button?.setAttribute("aria-label", say("findMe"));
    button?.setAttribute("title", say("findMe"));
  }

  private put(longitude: number, latitude: number, write = true): void {
    const marker = this.marker ?? this.newMarker();
    marker.setLngLat([longitude, latitude]).addTo(this.map);
    if (write) this.write(longitude, latitude);
  }

  private newMarker(): Marker {
    const marker = new Marker({ color: token("--accent"), draggable: true });
    marker.getElement().setAttribute("aria-label", say("pointHere"));
    marker.on("dragend", () => this.write(marker.getLngLat().lng, marker.getLngLat().lat));
    this.marker = marker;
    return marker;
  }

  private write(...spot: Place): void {
    const place = kept(spot);
    const names = [this.root.dataset["longitudeField"], this.root.dataset["latitudeField"]];
    place.forEach((value, index) => {
      const field = this.root.closest("form")?.elements.namedItem(names[index] ?? "");
      if (!(field instanceof HTMLInputElement)) return;
      field.value = value.toFixed(6);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

class ThumbMap extends CityView {
  protected override async ready(): Promise<void> {
    await super.ready();
    const place = this.centre();
    if (!place) return;
    new Marker({ color: token("--accent") }).setLngLat(place).addTo(this.map);
    this.map.jumpTo({ center: place, zoom: 10 });
  }
}

const KINDS = { full: ListMap, picker: PickerMap, thumb: ThumbMap, sheet: SheetMap } as const;

export function startMaps(): void {
  for (const root of document.querySelectorAll<HTMLElement>("[data-map]:not([data-ready])")) {
    root.dataset["ready"] = "";
    const Kind = KINDS[(root.dataset["map"] ?? "full") as keyof typeof KINDS] ?? ListMap;
    try {
      new Kind(root);
    } catch {
      const note = text("p", say(pictureOf(root) ? "mapStill" : "mapNoWebgl"));
      note.className = "map-note";
      root.append(note);
    }
  }
}
