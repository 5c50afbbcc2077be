/** The four-colour map follows its facts and goes back in time: the slider names a day, map, tables and chart show it. */
import htmx from "htmx.org";
import { dayBefore } from "./days";
import type { Sign } from "./live-topics";

const PARTS = ["#colour-sheet", "#colour-industries"];
const TOPIC = "rows:enterprise-colours";
const CALM = 1500; // the tables beside the map are renewed at most this often

class Time {
  private readonly slide: HTMLInputElement;
  private readonly day: HTMLInputElement;
  private readonly today: string;
  private shown: string;
  private timer: number | undefined;

  constructor(private readonly form: HTMLFormElement) {
    this.slide = form.querySelector("[data-colour-slide]") as HTMLInputElement;
    this.day = form.querySelector("[data-colour-day]") as HTMLInputElement;
    this.today = form.dataset["today"] ?? "";
    this.shown = this.day.value;
    const button = form.querySelector<HTMLElement>("[data-colour-show]");
    if (button) button.hidden = true;
    this.slide.addEventListener("input", () => { this.day.value = dayBefore(this.today, -Number(this.slide.value)); });
    this.slide.addEventListener("change", () => this.show());
    this.day.addEventListener("change", () => this.show());
    form.querySelector("[data-colour-now]")?.addEventListener("click", () => { this.day.value = this.today; this.show(); });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.show(); });
    document.body.addEventListener(TOPIC, (event) => this.follow((event as CustomEvent<{ signs?: Sign[] | null }>).detail.signs ?? null));
    this.areas();
  }

  private get map(): HTMLElement | null {
    return document.querySelector<HTMLElement>("[data-map]");
  }

  private get isPast(): boolean {
    return this.shown !== "" && this.shown < this.today;
  }

  private show(): void {
    const day = this.day.value;
    if (!day || day > this.today) { this.day.value = this.shown || this.today; return; }
    if (day === this.shown) return;
    this.shown = day;
    const back = Math.round((Date.parse(this.today) - Date.parse(day)) / 86_400_000);
    if (back > -Number(this.slide.min)) this.slide.min = String(-back);
    this.slide.value = String(-back);
    const said = this.form.querySelector<HTMLElement>("[data-colour-said]");
    if (said) said.textContent = this.isPast ? said.dataset["past"] ?? "" : said.dataset["now"] ?? "";
    const now = this.form.querySelector<HTMLElement>("[data-colour-now]");
    if (now) now.hidden = !this.isPast;
    const address = new URL(location.href);
    if (this.isPast) address.searchParams.set("on", day); else address.searchParams.delete("on");
    history.replaceState(history.state, "", address);
    this.turn();
    this.renewTables();
  }

  /** The map asks for the tiles of the day. */
  private turn(): void {
    const map = this.map;
    if (!map) return;
    const query = new URLSearchParams(map.dataset["query"] ?? "");
    if (this.isPast) query.set("on", this.shown); else query.delete("on");
    map.dataset["query"] = query.toString();
    const print = document.querySelector<HTMLAnchorElement>("[data-map-print]");
    if (print) {
      const link = new URL(print.href, location.href);
      if (this.isPast) link.searchParams.set("on", this.shown); else link.searchParams.delete("on");
      print.href = link.href;
    }
    map.dispatchEvent(new Event("anlan:map-renew"));
  }

  /** A colour changed: the map at once, the tables beside it when it has become calm. */
  private follow(signs: Sign[] | null): void {
    if (this.isPast) return;
    this.map?.dispatchEvent(new CustomEvent("anlan:map-renew", { detail: { signs } }));
    if (this.timer !== undefined) return;
    this.timer = window.setTimeout(() => { this.timer = undefined; this.renewTables(); }, CALM);
  }

  private renewTables(): void {
    void Promise.all(PARTS.map((part) => htmx.ajax("get", location.pathname + location.search, { target: part, select: part, swap: "outerHTML" }))).then(() => this.areas());
  }

  /** Counties take the colour that the table beside the map tells. */
  private areas(): void {
    const lines = [...document.querySelectorAll<HTMLElement>("[data-area-code]")];
    const map = this.map;
    if (!map) return;
    map.dataset["areas"] = lines.map((line) => `${line.dataset["areaCode"]}:${line.dataset["areaLevel"]}`).join(" ");
    map.dispatchEvent(new Event("anlan:map-areas"));
  }
}

export function startColours(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-colours]")) new Time(form);
}
