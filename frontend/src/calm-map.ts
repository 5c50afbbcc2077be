/** A map that draws its first picture once all of it is there, not once for every part that arrives: each picture costs a
    telephone without a graphics card a tenth of a second and more, and of the first ones there is nothing to see. */
import { Map as CityMap } from "maplibre-gl";

const PATIENCE = 400; // milliseconds without a picture: what has come by then is shown, however slow the rest may be

export class CalmMap extends CityMap {
  // Declared, not made here: the map asks for pictures while it is still being made.
  private declare hasDrawn: boolean | undefined;
  private declare waiting: number | undefined;

  override triggerRepaint(): void {
    if (this.hasDrawn || !this.style) { super.triggerRepaint(); return; }
    if (this.hasAll()) { this.draw(); return; }
    this.waiting ??= window.setTimeout(() => this.draw(), PATIENCE);
  }

  private draw(): void {
    window.clearTimeout(this.waiting);
    this.waiting = undefined;
    if (this.hasDrawn === undefined) {
      this.hasDrawn = false;
      void this.once("idle", () => { this.hasDrawn = true; });
    }
    super.triggerRepaint();
  }

  /** Whether nothing is on its way: neither what a source is made of, nor a tile that was asked for. */
  private hasAll(): boolean {
    return Object.keys(this.style.tileManagers).every((name) => this.getSource(name)?.loaded() ?? true) && this.areTilesLoaded();
  }
}
