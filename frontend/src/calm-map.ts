/** A map that draws its first picture once all of it is there, not once for every part that arrives: each picture costs a
    telephone without a graphics card a tenth of a second and more, and of the first ones there is nothing to see. */
import { Map as CityMap, type Source } from "maplibre-gl";
import { hasPicture } from "./map-first";

const PATIENCE = 400; // milliseconds without a picture: what has come by then is shown, however slow the rest may be
const AT_EASE = 3000; // the same where the page has brought a picture, which shows all of it
const nothing = (): void => undefined;

export class CalmMap extends CityMap {
  // Declared, not made here: the map asks for pictures while it is still being made.
  private declare hasDrawn: boolean | undefined;
  private declare isReckoning: boolean | undefined;
  private declare checking: Promise<void> | undefined;
  private declare known: number | undefined;
  private declare waiting: number | undefined;
  private declare isWhole: boolean | undefined;
  private declare wholes: (() => void)[] | undefined;

  override triggerRepaint(): void {
    if (this.isReckoning) return;
    if (this.hasDrawn || !this.style) { super.triggerRepaint(); return; }
    const patience = hasPicture(this.getContainer().parentElement ?? document) ? AT_EASE : PATIENCE;
    this.waiting ??= window.setTimeout(() => this.draw(), patience);
    this.checking ??= Promise.resolve().then(() => this.check()); // once for all that a part brings
  }

  /** The library draws a sky behind every map; one that is seen from straight above has none. */
  leaveOutSky(): void {
    const { sky } = this.painter.drawFunctions;
    const seen: typeof sky = (mesh, frame) => { if (frame.transform.pitch > 0) sky(mesh, frame); };
    this.painter.drawFunctions = { ...this.painter.drawFunctions, sky: seen };
  }

  /** Runs something once the first picture that lacks nothing is drawn. */
  whenWhole(does: () => void): void {
    if (this.isWhole) does();
    else (this.wholes ??= []).push(does);
  }

  override _render(startedAt: number): this {
    super._render(startedAt);
    if (this.isReckoning || this.isWhole || this._removed || !this.loaded() || !this.hasAll()) return this;
    this.isWhole = true;
    for (const does of this.wholes ?? []) does();
    return this;
  }

  /** Movements go by pictures: where somebody moves the map before it is whole, whatever is there is drawn from now on. */
  private hurry(): void {
    window.clearTimeout(this.waiting);
    this.hasDrawn = true;
    super.triggerRepaint();
  }

  /** Tiles are asked for where it is reckoned what to draw: as soon as a source is known, and when all are. */
  private check(): void {
    this.checking = undefined;
    if (this._removed || this.hasDrawn || !this.style._loaded) return;
    if (this._renderTaskQueue._queue.length > 0) { this.hurry(); return; }
    const sources = this.sources();
    const known = sources.filter((source) => source.loaded()).length;
    if ((known !== this.known && (!this.known || known === sources.length)) || this.hasAll()) this.reckon();
    this.known = known;
    if (this.hasAll()) this.draw();
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

  /** All that comes before a picture is placed and painted: changes are taken up, tiles are asked for. */
  private reckon(): void {
    const { painter, style } = this;
    this.isReckoning = this._repaint = true; // and it ends in no rest: nothing has been shown
    painter.render = nothing;
    if (style.placement) style._updatePlacement = () => false; // the first is of nothing
    try {
      this._render(performance.now());
    } finally {
      // Those of their kind stand behind what stood before them.
      delete (painter as Partial<typeof painter>).render;
      delete (style as Partial<typeof style>)._updatePlacement;
      this.isReckoning = this._repaint = false;
    }
  }

  private sources(): Source[] {
    return Object.keys(this.style.tileManagers).flatMap((name) => this.getSource(name) ?? []);
  }

  /** Whether nothing is on its way: neither what a source is made of, nor a tile that was asked for. */
  private hasAll(): boolean {
    return this.sources().every((source) => source.loaded()) && this.areTilesLoaded();
  }
}
