/** The bare map of the city that every map of ours begins with: county shapes, their names, their source, base tiles if any. */
import { AttributionControl, type MapOptions, NavigationControl, prewarm, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import "./style/map-library.css";
import { BOUNDARIES, fetched } from "./ahead";
import { CalmMap } from "./calm-map";
import { drawn, drawnShapes, type Place } from "./coordinates";
import { boundsOf, cityStyle, FACE, labels, PAINTS, token } from "./map-look";
import { withBegun, workerUrl } from "./map-worker";
import { say } from "./words";

setWorkerUrl(workerUrl);
withBegun(prewarm); // it gets ready while the map itself is being made

type Boundaries = GeoJSON.FeatureCollection & { attribution?: string };
let boundaries: Promise<Boundaries> | undefined;

export function text(tag: string, words: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = words;
  return element;
}

const views = new Set<CityView>();

export class CityView {
  readonly map: CalmMap;
  private city: Boundaries | null = null;
  private readonly note = text("p", "");

  constructor(protected readonly root: HTMLElement) {
    forgetGone();
    views.add(this);
    boundaries ??= fetched<Boundaries>(root.dataset["boundaries"] ?? BOUNDARIES);
    boundaries.catch(() => { boundaries = undefined; });
    const canvas = document.createElement("div");
    canvas.className = "map-canvas";
    this.note.className = "map-note";
    this.note.hidden = true;
    this.note.setAttribute("role", "status");
    root.prepend(canvas, this.note);
    const place = this.centre();
    this.map = new CalmMap({
      container: canvas,
      center: place ?? [125.32, 43.9],
      zoom: place ? 12 : 7,
      minZoom: 5,
      maxZoom: 18,
      dragRotate: false,
      pitchWithRotate: false,
      attributionControl: false,
      fadeDuration: 0,
      validateStyle: false, // our own styles, tried whenever a map is drawn: a telephone need not go through every expression
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
        "Popup.Close": say("close"),
      },
      ...this.options(),
    });
    this.map.leaveOutSky();
    this.map.touchZoomRotate.disableRotation();
    if (root.dataset["map"] === "full" || root.dataset["map"] === "picker") this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    queueMicrotask(() => void this.begin()); // once the fields of its own kind are there too
    document.addEventListener("anlan:scheme", () => this.repaint());
  }

  /** What a kind of map wants otherwise; asked while the map is being made. */
  protected options(): Partial<MapOptions> {
    return this.root.dataset["map"] === "thumb" ? { interactive: false } : {};
  }

  /** Whether the page has left this map behind. */
  get isGone(): boolean {
    return !this.root.isConnected;
  }

  protected centre(): Place | null {
    const [longitude, latitude] = [Number(this.root.dataset["longitude"]), Number(this.root.dataset["latitude"])];
    return longitude && latitude ? drawn([longitude, latitude]) : null;
  }

  /** What else is waited for before anything is drawn; what fails here is said where it is used. */
  protected before(): Promise<unknown> {
    return Promise.resolve();
  }

  /** Draws once all is there: each picture in between costs a telephone without a graphics card half a second. */
  private async begin(): Promise<void> {
    const [city] = await Promise.allSettled([boundaries as Promise<Boundaries>, this.before()]);
    if (this.isGone) return;
    this.city = city.status === "fulfilled" ? city.value : null;
    const shapes = this.city ? drawnShapes(this.city) : null;
    const box = shapes ? boundsOf(shapes.features) : null;
    if (box && !this.centre() && !this.stands()) this.map.fitBounds(box, { padding: 24, animate: false });
    this.map.once("style.load", () => window.setTimeout(() => void this.ready())); // once the tiles are asked for
    this.map.setStyle(this.dressed(cityStyle(shapes, this.city ? drawnShapes(labels(this.city.features)) : null)));
  }

  /** The style with what a kind of map draws from the first: what is added later is looked through once more. */
  protected dressed(style: StyleSpecification): StyleSpecification {
    return style;
  }

  protected tell(words: string): void {
    this.note.textContent = words;
    this.note.hidden = !words;
  }

  protected async ready(): Promise<void> {
    if (this.city) this.credit(this.root.dataset["attribution"] ?? this.city.attribution ?? "");
    else this.tell(say("mapFailed"));
  }

  /** Whether where to look is already decided, so that the whole city is not shown first. */
  protected stands(): boolean {
    return false;
  }

  protected credit(words: string): void {
    const isNarrow = this.root.clientWidth < 480;
    this.map.addControl(new AttributionControl({ compact: isNarrow, customAttribution: words }), "bottom-right");
    // On a telephone the sources fold behind their sign, else they lie over the legend.
    const sources = isNarrow ? this.root.querySelector(".maplibregl-ctrl-attrib") : null;
    sources?.classList.remove("maplibregl-compact-show");
    sources?.removeAttribute("open");
  }

  protected repaint(): void {
    if (this.isGone || !this.map.getLayer("ground")) return;
    for (const [layer, property, name] of PAINTS) if (this.map.getLayer(layer)) this.map.setPaintProperty(layer, property as "line-color", token(name));
  }
}

/** Gives back the graphics memory of maps whose page part was replaced. */
function forgetGone(): void {
  for (const view of views) {
    if (!view.isGone) continue;
    view.map.remove();
    views.delete(view);
  }
}
