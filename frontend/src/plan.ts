/** Drawing units on a floor plan: corners by mouse, finger or keyboard; what is kept are shares of width and height. */
import { say } from "./words";

type Corner = [number, number];
type Outline = { unit: string; ring: Corner[] };

const NEAR = 0.015; // of the width: so near the first corner closes the outline
const STEP = 0.01;
const SVG = "http://www.w3.org/2000/svg";

export function rounded(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
}

/** Whether a corner lies so near the first of a ring that it closes it. */
export function closes(ring: readonly Corner[], corner: Corner): boolean {
  const first = ring[0];
  return ring.length >= 3 && first !== undefined && Math.hypot(first[0] - corner[0], first[1] - corner[1]) < NEAR;
}

class Plan {
  private readonly sheet: SVGSVGElement;
  private readonly field: HTMLInputElement;
  private outlines: Outline[] = [];
  private pen: Corner[] = [];
  private cross: Corner | null = null;

  constructor(private readonly form: HTMLFormElement) {
    this.sheet = form.querySelector("[data-plan-sheet]") as SVGSVGElement;
    this.field = form.querySelector("[data-plan-outlines]") as HTMLInputElement;
    try { this.outlines = JSON.parse(this.field.value) as Outline[]; } catch { this.outlines = []; }
    this.sheet.addEventListener("pointerdown", (event) => this.put(this.at(event)));
    this.sheet.addEventListener("keydown", (event) => this.key(event));
    form.querySelector("[data-plan-undo]")?.addEventListener("click", () => { this.pen.pop(); this.paint(); });
    form.querySelector("[data-plan-clear]")?.addEventListener("click", () => this.clear());
    form.addEventListener("change", () => { this.pen = []; this.paint(); });
    form.addEventListener("submit", () => this.close());
    this.paint();
  }

  private get unit(): HTMLInputElement | null {
    return this.form.querySelector<HTMLInputElement>("input[name='plan-unit']:checked");
  }

  private get size(): Corner {
    return [this.sheet.viewBox.baseVal.width, this.sheet.viewBox.baseVal.height];
  }

  private at(event: PointerEvent): Corner {
    const matrix = this.sheet.getScreenCTM();
    if (!matrix) return [0, 0];
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const [width, height] = this.size;
    return [rounded(point.x / width), rounded(point.y / height)];
  }

  private put(corner: Corner): void {
    if (!this.unit) { this.tell(say("chooseUnit")); return; }
    if (closes(this.pen, corner)) { this.close(); return; }
    this.pen.push(corner);
    this.paint();
  }

  private close(): void {
    const unit = this.unit;
    if (unit && this.pen.length >= 3) {
      this.outlines.push({ unit: unit.value, ring: this.pen });
      this.tell(say("unitDrawn"));
    }
    this.pen = [];
    this.paint();
  }

  private clear(): void {
    const unit = this.unit?.value;
    this.outlines = this.outlines.filter((outline) => outline.unit !== unit);
    this.pen = [];
    this.paint();
  }

  private key(event: KeyboardEvent): void {
    const moves: Record<string, Corner> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const move = moves[event.key];
    const cross = this.cross ?? [0.5, 0.5];
    if (move) this.cross = [rounded(cross[0] + move[0]), rounded(cross[1] + move[1])];
    else if (event.key === " ") this.put(cross);
    else if (event.key === "Enter") this.close();
    else if (event.key === "Escape") this.pen = [];
    else if (event.key === "Backspace") this.pen.pop();
    else return;
    event.preventDefault();
    this.paint();
  }

  private tell(words: string): void {
    const said = this.form.querySelector("[data-plan-said]");
    if (said) said.textContent = words;
  }

  private points(ring: readonly Corner[]): string {
    const [width, height] = this.size;
    return ring.map(([x, y]) => `${Math.round(x * width)},${Math.round(y * height)}`).join(" ");
  }

  private element(name: string, attributes: Record<string, string>): SVGElement {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  private paint(): void {
    this.field.value = JSON.stringify(this.outlines);
    const level = (unit: string): string => this.form.querySelector<HTMLInputElement>(`input[name='plan-unit'][value='${CSS.escape(unit)}']`)?.dataset["level"] ?? "0";
    this.sheet.querySelector("[data-plan-shapes]")?.replaceChildren(...this.outlines.map(({ unit, ring }) => this.element("polygon", { class: `plan-unit plan-${level(unit)}`, points: this.points(ring) })));
    const [width, height] = this.size;
    const radius = String(Math.max(4, width * 0.006));
    const marks = this.pen.map(([x, y]) => this.element("circle", { class: "plan-corner", cx: String(x * width), cy: String(y * height), r: radius }));
    const line = this.pen.length > 1 ? [this.element("polyline", { class: "plan-pen", points: this.points(this.pen) })] : [];
    const cross = this.cross ? [this.element("path", { class: "plan-cross", d: `M${this.cross[0] * width - 14} ${this.cross[1] * height}h28M${this.cross[0] * width} ${this.cross[1] * height - 14}v28` })] : [];
    this.sheet.querySelector("[data-plan-pen]")?.replaceChildren(...line, ...marks, ...cross);
    const drawn = new Set(this.outlines.map((outline) => outline.unit));
    for (const place of this.form.querySelectorAll<HTMLElement>("[data-plan-drawn]")) place.textContent = drawn.has(place.dataset["planDrawn"] ?? "") ? say("drawn") : "";
  }
}

export function startPlans(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-plan]:not([data-ready])")) {
    form.dataset["ready"] = "";
    new Plan(form);
  }
}
