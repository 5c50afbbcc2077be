/** Maps of the city: `full` shows a list's points, `picker` puts one point into a form, `thumb` shows one place.
    Every filter is the list's own query; the server clusters and decides who sees what. */
import { AttributionControl, GeolocateControl, type GeoJSONSource, Map as CityMap, type MapLayerMouseEvent, Marker, NavigationControl, Popup, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "./style/map-library.css";
import { boundsOf, cityStyle, dressed, FACE, joined, labels, token } from "./map-look";
import { here, mayLocate } from "./place";
import { say } from "./words";

setWorkerUrl(workerUrl);

const BOUNDARIES = "/api/v1/map/boundaries";
type Boundaries = GeoJSON.FeatureCollection & { attribution?: string };
let boundaries: Promise<Boundaries> | undefined;

async function fetched<T>(address: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(address, { headers: { Accept: "application/geo+json, application/json" }, ...(signal ? { signal } : {}) });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as T;
}

function text(tag: string, words: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = words;
  return element;
}

/** Only our own pages are linked from the map. */
function ownLink(address: unknown, words: string): HTMLElement {
  const place = String(address ?? "");
  if (!/^\/(?!\/)/.test(place)) return text("span", words);
  const link = document.createElement("a");
  link.href = place;
  link.textContent = words;
  return link;
}

class CityView {
  protected readonly map: CityMap;
  private readonly note = text("p", "");

  constructor(protected readonly root: HTMLElement) {
    const canvas = document.createElement("div");
    canvas.className = "map-canvas";
    this.note.className = "map-note";
    this.note.hidden = true;
    this.note.setAttribute("role", "status");
    root.prepend(canvas, this.note);
    const still = root.dataset["map"] === "thumb";
    this.map = new CityMap({
      container: canvas,
      style: cityStyle(),
      center: this.centre() ?? [125.32, 43.9],
      zoom: this.centre() ? 12 : 7,
      minZoom: 5,
      maxZoom: 18,
      interactive: !still,
      dragRotate: false,
      pitchWithRotate: false,
      attributionControl: false,
      localIdeographFontFamily: FACE,
      locale: {
        "NavigationControl.ZoomIn": say("zoomIn"),
        "NavigationControl.ZoomOut": say("zoomOut"),
        "Map.Title": say("mapTitle"),
        "Marker.Title": say("marker"),
        "AttributionControl.ToggleAttribution": say("sources"),
        "GeolocateControl.FindMyLocation": say("findMe"),
        "GeolocateControl.LocationNotAvailable": say("noFinding"),
        "ScaleControl.Meters": say("metres"),
        "ScaleControl.Kilometers": say("kilometres"),
      },
    });
    this.map.touchZoomRotate.disableRotation();
    if (!still) this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.on("load", () => void this.ready());
    document.addEventListener("anlan:scheme", () => this.repaint());
  }

  protected centre(): [number, number] | null {
    const [longitude, latitude] = [Number(this.root.dataset["longitude"]), Number(this.root.dataset["latitude"])];
    return longitude && latitude ? [longitude, latitude] : null;
  }

  protected tell(words: string): void {
    this.note.textContent = words;
    this.note.hidden = !words;
  }

  protected async ready(): Promise<void> {
    try {
      boundaries ??= fetched<Boundaries>(this.root.dataset["boundaries"] ?? BOUNDARIES);
      const city = await boundaries;
      this.source("counties").setData(city);
      this.source("names").setData(labels(city.features));
      const attribution = this.root.dataset["attribution"] ?? city.attribution ?? "";
      this.map.addControl(new AttributionControl({ compact: this.root.clientWidth < 480, customAttribution: attribution }), "bottom-right");
      const box = boundsOf(city.features);
      if (box && !this.centre()) this.map.fitBounds(box, { padding: 24, animate: false });
    } catch {
      boundaries = undefined;
      this.tell(say("mapFailed"));
    }
  }

  protected source(name: string): GeoJSONSource {
    return this.map.getSource(name) as GeoJSONSource;
  }

  protected repaint(): void {
    const paint: [string, string, string][] = [
      ["ground", "background-color", "--surface-3"], ["county", "fill-color", "--surface"],
      ["county-line", "line-color", "--line-strong"], ["county-name", "text-color", "--ink-2"],
      ["county-name", "text-halo-color", "--surface"], ["cluster", "circle-stroke-color", "--surface"], ["point", "circle-stroke-color", "--surface"],
    ];
    if (!this.map.isStyleLoaded()) return;
    for (const [layer, property, name] of paint) this.map.setPaintProperty(layer, property as "line-color", token(name));
  }
}

class ListMap extends CityView {
  private asking: AbortController | undefined;
  private stood = false;

  protected override async ready(): Promise<void> {
    await super.ready();
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), "top-left");
    this.map.on("moveend", () => void this.refresh());
    this.map.on("click", "cluster", (event) => this.enter(event));
    this.map.on("click", "point", (event) => this.open(event));
    for (const layer of ["cluster", "point"]) {
      this.map.on("mouseenter", layer, () => { this.map.getCanvas().style.cursor = "pointer"; });
      this.map.on("mouseleave", layer, () => { this.map.getCanvas().style.cursor = ""; });
    }
    document.addEventListener("change", (event) => {
      if ((event.target as Element).closest("[data-map-layers]")) void this.refresh();
    });
    await this.refresh();
  }

  private address(): string {
    const query = new URLSearchParams(this.root.dataset["query"] ?? "");
    const bounds = this.map.getBounds();
    query.set("bbox", [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((side) => side.toFixed(5)).join(","));
    query.set("zoom", String(Math.floor(this.map.getZoom())));
    const boxes = [...document.querySelectorAll<HTMLInputElement>("[data-map-layers] input:checked")];
    const layers = boxes.length > 0 ? boxes.map((box) => box.value).join(",") : (this.root.dataset["layers"] ?? "");
    query.set("layers", layers);
    return `${this.root.dataset["points"] ?? "/api/v1/map/points"}?${query}`;
  }

  private async refresh(): Promise<void> {
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const found = await fetched<GeoJSON.FeatureCollection>(this.address(), this.asking.signal);
      this.draw(found.features);
      this.tell("");
    } catch (fault) {
      if ((fault as Error).name !== "AbortError") this.tell(say("mapFailed"));
    }
  }

  private draw(features: GeoJSON.Feature[]): void {
    if (!this.stood) {
      // Somebody whose rows lie in one county is not made to look for them.
      this.stood = true;
      const box = boundsOf(features);
      const [shown, all] = [box ? box[2] - box[0] : 0, this.map.getBounds().getEast() - this.map.getBounds().getWest()];
      if (box && shown < all / 4) { this.map.fitBounds(box, { padding: 80, maxZoom: 13, animate: false }); return; }
    }
    const city = dressed(features, token("--accent"), token("--accent-ink"));
    const near = this.map.getZoom() < 14 ? 34 : 12;
    this.source("points").setData({ ...city, features: joined(city.features, (place) => this.map.project(place), near) });
  }

  private enter(event: MapLayerMouseEvent): void {
    const feature = event.features?.[0];
    if (!feature || feature.geometry.type !== "Point") return;
    if (this.map.getZoom() >= 16) { this.open(event); return; }
    this.map.easeTo({ center: feature.geometry.coordinates as [number, number], zoom: this.map.getZoom() + 2 });
  }

  private open(event: MapLayerMouseEvent): void {
    const features = event.features ?? [];
    const first = features[0];
    if (!first || first.geometry.type !== "Point") return;
    const body = document.createElement("div");
    body.className = "map-pop";
    for (const { properties } of features.slice(0, 8)) {
      const heading = document.createElement("h3");
      heading.append(ownLink(properties["url"], String(properties["label"] ?? "")));
      const words = String(properties["state_words"] ?? properties["state"] ?? "");
      body.append(heading, text("p", words));
    }
    new Popup({ maxWidth: "20rem", closeButton: true }).setLngLat(first.geometry.coordinates as [number, number]).setDOMContent(body).addTo(this.map);
  }
}

class PickerMap extends CityView {
  private marker: Marker | undefined;

  protected override async ready(): Promise<void> {
    await super.ready();
    if (await mayLocate()) this.map.addControl(new GeolocateControl({ positionOptions: { enableHighAccuracy: true }, showAccuracyCircle: true }), "top-right");
    this.map.on("click", (event) => this.put(event.lngLat.lng, event.lngLat.lat));
    const known = this.centre();
    if (known) { this.put(...known, false); return; }
    if (!this.root.hasAttribute("data-locate")) return;
    const place = await here();
    if (!place || this.marker) { if (!place) this.tell(say("noPosition")); return; }
    this.put(place.longitude, place.latitude);
    this.map.jumpTo({ center: [place.longitude, place.latitude], zoom: 15 });
    this.tell(`${say("positioned")} ${Math.round(place.accuracy)} ${say("metres")}`);
    window.setTimeout(() => this.tell(""), 4000);
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

  private write(longitude: number, latitude: number): void {
    const names = [this.root.dataset["longitudeField"], this.root.dataset["latitudeField"]];
    [longitude, latitude].forEach((value, index) => {
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

const KINDS = { full: ListMap, picker: PickerMap, thumb: ThumbMap } as const;

export function startMaps(): void {
  for (const root of document.querySelectorAll<HTMLElement>("[data-map]:not([data-ready])")) {
    root.dataset["ready"] = "";
    const Kind = KINDS[(root.dataset["map"] ?? "full") as keyof typeof KINDS] ?? ListMap;
    try {
      new Kind(root);
    } catch {
      const note = text("p", say("mapNoWebgl"));
      note.className = "map-note";
      root.append(note);
    }
  }
}
