/** The sheet of A3: the map is drawn once at print resolution and put on the page as a picture, with a scale bar of its own. */
import type { MapOptions } from "maplibre-gl";

import { CityView } from "./city-view";
import { drawn, type Place } from "./coordinates";
import { read } from "./lasso";
import { LEVELS, scaleBar } from "./map-look";
import { addRows, asked, countLine, showArea } from "./map-rows";
import { say } from "./words";

const RATIO = 2; // dots of paper per pixel of the page: about 190 dpi

export class SheetMap extends CityView {
  protected override options(): Partial<MapOptions> {
    return { interactive: false, pixelRatio: RATIO, maxCanvasSize: [8192, 8192], canvasContextAttributes: { preserveDrawingBuffer: true }, trackResize: false };
  }

  protected override stands(): boolean {
    return Boolean(this.root.dataset["box"]);
  }

  protected override credit(words: string): void {
    const base = document.body.dataset["baseAttribution"] ?? "";
    const place = document.querySelector("[data-map-sources]");
    if (place) place.textContent = [base, words].filter(Boolean).join(" · ");
  }

  protected override async ready(): Promise<void> {
    const said = asked(this.root.dataset["layers"] ?? "", this.root.dataset["query"] ?? "");
    said.catch(() => undefined);
    await super.ready();
    const [west, south, east, north] = (this.root.dataset["box"] ?? "").split(",").map(Number);
    if (west !== undefined && south !== undefined && east !== undefined && north !== undefined) this.map.fitBounds([drawn([west, south]), drawn([east, north])], { padding: 0, animate: false });
    showArea(this, read(this.root.dataset["outline"] ?? "").map((place: Place) => drawn(place)));
    try {
      const found = await said;
      const shown = this.root.dataset["levels"] ? [...this.root.dataset["levels"]].map(Number) : [...LEVELS];
      addRows(this, found, shown);
      for (const item of document.querySelectorAll<HTMLElement>("[data-level]")) item.hidden = !shown.includes(Number(item.dataset["level"]));
      const line = document.querySelector("[data-map-count]");
      if (line) line.textContent = countLine(found, shown);
    } catch {
      this.tell(say("mapFailed"));
      return;
    }
    this.map.once("idle", () => this.picture());
  }

  private picture(): void {
    const canvas = this.map.getCanvas();
    const image = document.createElement("img");
    image.alt = say("mapTitle");
    image.src = canvas.toDataURL("image/png");
    const width = canvas.clientWidth;
    const metres = this.metresPerPixel();
    image.addEventListener("load", () => {
      this.root.replaceChildren(image);
      this.scale(metres, width);
      const button = document.querySelector<HTMLButtonElement>("[data-print]");
      if (button) { button.disabled = false; button.addEventListener("click", () => window.print()); }
      const note = document.querySelector("[data-sheet-note]");
      if (note) note.textContent = say("printReady");
      this.root.dataset["drawn"] = "";
      this.map.remove();
    });
  }

  private metresPerPixel(): number {
    const middle = this.map.getContainer().clientHeight / 2;
    const [one, other] = [this.map.unproject([0, middle]), this.map.unproject([100, middle])];
    return one.distanceTo(other) / 100;
  }

  /** The bar is a share of the map's own width, so that it stays true whatever the paper does to the page. */
  private scale(metresPerPixel: number, width: number): void {
    const place = document.querySelector<HTMLElement>("[data-map-scale]");
    if (!place) return;
    const words = document.createElement("b");
    place.replaceChildren(words);
    const [metres, pixels] = scaleBar(metresPerPixel, width * 0.15);
    place.hidden = false;
    place.style.width = `${(pixels / width) * 100}%`;
    words.textContent = metres >= 1000 ? `${metres / 1000} ${say("kilometres")}` : `${metres} ${say("metres")}`;
    this.root.append(place);
  }
}
