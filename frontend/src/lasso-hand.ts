/** The hand that circles an area on a map: while it draws, the map holds still. */
import type { Map as CityMap } from "maplibre-gl";

import type { Place } from "./coordinates";
import { closed, cornersOf, isCrossed } from "./lasso";
import type { Word } from "./words";

const LEAST = 24; // pixels: less is a slip of the finger
type Told = { began(): void; drew(ring: Place[]): void; failed(word: Word): void; ended(): void };

export class LassoHand {
  isDrawing = false;
  private line: { x: number; y: number }[] = [];
  private readonly trace = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  private readonly sheet = document.createElementNS("http://www.w3.org/2000/svg", "svg");

  constructor(private readonly map: CityMap, private readonly told: Told) {
    this.sheet.setAttribute("class", "map-lasso");
    this.sheet.append(this.trace);
    this.sheet.addEventListener("pointerdown", (event) => this.down(event));
    this.sheet.addEventListener("pointermove", (event) => this.move(event));
    this.sheet.addEventListener("pointerup", () => this.up());
    this.sheet.addEventListener("pointercancel", () => this.stop());
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.isDrawing) { this.stop(); this.told.failed("clearArea"); } });
  }

  start(): void {
    this.isDrawing = true;
    this.line = [];
    this.trace.setAttribute("points", "");
    this.map.getCanvasContainer().append(this.sheet);
    this.told.began();
  }

  stop(): void {
    this.isDrawing = false;
    this.sheet.remove();
    this.told.ended();
  }

  private down(event: PointerEvent): void {
    event.preventDefault();
    event.stopPropagation();
    this.sheet.setPointerCapture(event.pointerId);
    this.line = [this.spot(event)];
  }

  private move(event: PointerEvent): void {
    if (this.line.length === 0) return;
    event.stopPropagation();
    this.line.push(this.spot(event));
    this.trace.setAttribute("points", this.line.map(({ x, y }) => `${x},${y}`).join(" "));
  }

  private up(): void {
    const corners = closed(cornersOf(this.line));
    const [x, y] = [corners.map((spot) => spot.x), corners.map((spot) => spot.y)];
    const isSmall = corners.length < 3 || Math.max(...x) - Math.min(...x) < LEAST || Math.max(...y) - Math.min(...y) < LEAST;
    this.stop();
    if (isSmall) { this.told.failed("areaSmall"); return; }
    if (isCrossed(corners)) { this.told.failed("areaCrossed"); return; }
    this.told.drew(corners.map((spot) => { const { lng, lat } = this.map.unproject([spot.x, spot.y]); return [lng, lat]; }));
  }

  private spot(event: PointerEvent): { x: number; y: number } {
    const box = this.sheet.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}
