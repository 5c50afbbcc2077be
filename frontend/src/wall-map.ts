/** The map of the wall. Its ground is drawn by the map library and stands still; the plants lie above it on a sheet of their own,
    drawn by hand: what changes with every alarm costs a few circles, never the whole map anew, and is there before the ground is. */
import { type MapMouseEvent, Popup } from "maplibre-gl";
import { CityView } from "./city-view";
import { drawn, type Place } from "./coordinates";
import { boundsOf, FACE, token } from "./map-look";
import type { Now, Plant } from "./wall-rows";
import { say } from "./words";

const RINGS: Record<number, string> = { 3: "#ff4d63", 2: "#ff9a3d", 1: "#9aa8ab" };
const GRADES: Record<number, string> = { 1: "--risk-4", 2: "--risk-3", 3: "--risk-2", 4: "--risk-1" };
const DOT = 8, RING = 13, REACH = 16, BEYOND = 24; // pixels; what lies further outside is not drawn
const NEAR = 10; // zoom at which the surroundings of a plant are seen

interface Mark { plant: Plant; at: Place; worst: number; n: number }

/** The mark nearest to a point of the picture, none if it is further than a finger's width. */
function nearest<T>(marks: readonly T[], where: (mark: T) => { x: number; y: number }, to: { x: number; y: number }, reach = REACH): T | null {
  let found: T | null = null, least = reach;
  for (const mark of marks) {
    const { x, y } = where(mark);
    const away = Math.hypot(x - to.x, y - to.y);
    if (away <= least) { least = away; found = mark; } // of two as near the later: it lies above
  }
  return found;
}

export class WallMap extends CityView {
  private marks: Mark[] = [];
  private plants: Plant[] = [];
  private hot = new Map<string, [number, number]>();
  private told = "";
  private chosen = "";
  private frame = 0;
  private fills: string[] = [];
  private readonly sheet = document.createElement("canvas");
  onPick: (plant: Plant) => void = () => undefined;

  constructor(root: HTMLElement) {
    super(root);
    this.sheet.className = "wall-marks";
    this.map.getCanvasContainer().append(this.sheet);
    // In the same frame as the ground, so that the plants never swim upon it.
    this.map.on("render", () => this.paint());
    this.map.on("resize", () => this.paintSoon());
    this.map.on("click", (event: MapMouseEvent) => {
      const mark = this.under(event);
      if (mark) this.pick(mark);
    });
    this.map.on("mousemove", (event: MapMouseEvent) => { this.map.getCanvas().style.cursor = this.under(event) ? "pointer" : ""; });
  }

  show(plants: Plant[]): void {
    this.plants = plants;
    this.set();
  }

  heat(hot: Now["hot"]): void {
    const told = JSON.stringify(hot);
    if (told === this.told) return;
    this.told = told;
    this.hot = new Map(hot.map(([id, worst, n]) => [id, [worst, n]]));
    this.set();
  }

  /** The worst above the others. */
  private set(): void {
    this.marks = this.plants.map((plant) => {
      const [worst, n] = this.hot.get(plant.id) ?? [0, 0];
      return { plant, at: drawn(plant.at), worst, n };
    });
    this.marks.sort((one, other) => one.worst - other.worst);
    this.paintSoon();
  }

  private paintSoon(): void {
    this.frame ||= requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { clientWidth: wide, clientHeight: high } = this.map.getContainer();
    const fine = window.devicePixelRatio;
    if (this.sheet.width !== Math.round(wide * fine) || this.sheet.height !== Math.round(high * fine)) {
      this.sheet.width = Math.round(wide * fine);
      this.sheet.height = Math.round(high * fine);
    }
    const pen = this.sheet.getContext("2d");
    if (!pen) return;
    if (!this.fills.length) this.fills = [token("--line-strong"), ...[1, 2, 3, 4].map((grade) => token(GRADES[grade] ?? ""))];
    pen.setTransform(fine, 0, 0, fine, 0, 0);
    pen.clearRect(0, 0, wide, high);
    pen.font = `600 13px ${FACE}`;
    pen.lineJoin = "round";
    const seen = this.marks.flatMap((mark) => {
      const { x, y } = this.map.project(mark.at);
      return x > -BEYOND && y > -BEYOND && x < wide + BEYOND && y < high + BEYOND ? [{ mark, x, y }] : [];
    });
    for (const { mark, x, y } of seen) this.dot(pen, mark, x, y);
    // Numbers above all dots, else a neighbour hides them.
    for (const { mark, x, y } of seen) if (mark.n > 0) this.number(pen, String(mark.n), x + DOT + 5, y - DOT - 1);
  }

  private dot(pen: CanvasRenderingContext2D, { plant, worst }: Mark, x: number, y: number): void {
    const ring = RINGS[worst];
    if (plant.id === this.chosen) {
      circle(pen, x, y, RING + 6);
      pen.strokeStyle = "#ffffff";
      pen.lineWidth = 2.5;
      pen.stroke();
    }
    if (ring) {
      circle(pen, x, y, RING);
      pen.fillStyle = "rgba(0, 0, 0, 0.35)";
      pen.fill();
      pen.strokeStyle = ring;
      pen.lineWidth = 4;
      pen.stroke();
    }
    circle(pen, x, y, DOT);
    pen.fillStyle = this.fills[plant.grade] ?? this.fills[0] ?? "#9aa8ab";
    pen.fill();
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 1.5;
    pen.stroke();
  }

  private number(pen: CanvasRenderingContext2D, words: string, x: number, y: number): void {
    pen.strokeStyle = "#5d1020";
    pen.lineWidth = 6;
    pen.strokeText(words, x, y);
    pen.fillStyle = "#ffffff";
    pen.fillText(words, x, y);
  }

  private under(event: MapMouseEvent): Mark | null {
    return nearest(this.marks, (mark) => this.map.project(mark.at), event.point);
  }

  private pick({ plant, at, n }: Mark): void {
    this.chosen = plant.id;
    this.paintSoon();
    const card = document.createElement("div");
    const link = document.createElement("a");
    link.href = `/${plant.kind}/${plant.id}/plant`;
    link.textContent = plant.name;
    const more = document.createElement("p");
    more.className = "m-0 small";
    more.textContent = [plant.firm, plant.gradeWords, n ? `${n} ${say("alarmsAt")}` : ""].filter(Boolean).join(" · ");
    card.append(link, more);
    new Popup({ maxWidth: "18rem", focusAfterOpen: false }).setLngLat(at).setDOMContent(card).addTo(this.map);
    this.onPick(plant);
  }

  /** Marks a plant and goes there. In a storm, or where its surroundings are on the picture already, the ground stays: drawing it
      anew is what costs most without a graphics card, and a map that leaps with every alarm is of no use to anybody. */
  look(plant: Plant, isStorm: boolean): void {
    this.chosen = plant.id;
    const at = drawn(plant.at);
    const isSeen = this.map.getBounds().contains(at);
    if (isSeen && (isStorm || this.map.getZoom() >= NEAR)) this.paintSoon();
    else this.map.jumpTo({ center: at, zoom: Math.max(this.map.getZoom(), NEAR) });
  }

  /** Shows all plants, where the map still stands as it began. */
  around(): void {
    const box = boundsOf(this.plants.map((plant) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: drawn(plant.at) } })));
    if (box) this.map.fitBounds(box, { padding: 60, maxZoom: 10, animate: false });
  }
}

function circle(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}
