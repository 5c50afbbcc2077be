/** The wall of a duty officer. What changed is asked for at most a few times a second, drawn once a frame, and never more rows than
    fit: a storm of thousands of alarms costs no more than a calm day. */
import { LineView } from "./line";
import { Bell } from "./wall-bell";
import { WallMap } from "./wall-map";
import { fresh, minuteBars, type Now, type Plant, type Row, signature } from "./wall-rows";
import { say } from "./words";

const LEAST_PAUSE = 700; // between two questions, however many alarms come in
const STORM_PAUSE = 1500; // where so many come that nobody reads each
const STORM = 20;
const SHOW_AFTER = 40, LOOK_AFTER = 80; // the line and the map follow the row that is chosen
const ANYWAY = 30_000;
const PLANTS_ANEW = 300_000;

class Wall {
  private readonly rows: HTMLElement;
  private readonly nodes = new Map<string, { node: HTMLElement; told: string }>();
  private readonly bell: Bell;
  private readonly line: LineView;
  private map: WallMap | null = null;
  private plants = new Map<string, Plant>();
  private now: Now | null = null;
  private seen = 0;
  private chosen = "";
  private frame = 0;
  private isAsking = false;
  private isBehind = false;
  private askedAt = 0;
  private following: number | undefined;

  constructor(private readonly root: HTMLElement) {
    this.rows = this.part("[data-wall-rows]");
    const says = root.querySelector<HTMLElement>("[data-line-says]");
    this.line = new LineView(this.part("[data-wall-line]"), says, [...root.querySelectorAll<HTMLButtonElement>("[data-span]")]);
    this.bell = new Bell(this.part("[data-wall-says]"), document.querySelector<HTMLButtonElement>("[data-wall-sound]"));
    this.rows.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-id]");
      if (row) this.choose(row.dataset["id"] ?? "", true);
    });
    document.querySelector("[data-wall-full]")?.addEventListener("click", () => {
      void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
    });
    document.body.addEventListener("rows:alarms", () => this.askSoon());
    setInterval(() => { if (!document.hidden) this.askSoon(); }, ANYWAY);
    setInterval(() => void this.askPlants(), PLANTS_ANEW);
    try {
      this.map = new WallMap(this.part("[data-wall-map]"));
      this.map.onPick = (plant) => this.chooseOf(plant);
    } catch {
      this.part("[data-wall-map]").textContent = say("mapNoWebgl");
    }
    void this.askPlants().then(() => this.map?.around());
    void this.ask();
  }

  private part(selector: string): HTMLElement {
    return this.root.querySelector<HTMLElement>(selector) ?? document.createElement("div");
  }

  /** Asks once the last answer is here and some time has passed; what comes meanwhile is one further question. */
  private askSoon(): void {
    if (this.isAsking) { this.isBehind = true; return; }
    this.isAsking = true;
    window.setTimeout(() => void this.ask(), Math.max(0, this.askedAt + ((this.now?.fresh ?? 0) > STORM ? STORM_PAUSE : LEAST_PAUSE) - performance.now()));
  }

  /** Whether more comes in than anybody reads: at this moment, or at an enterprise within ten minutes. */
  private get isStorm(): boolean {
    return this.now !== null && (this.now.fresh > STORM || this.now.flood.firms.length > 0);
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    this.isBehind = false;
    this.askedAt = performance.now();
    try {
      const since = this.now ? `&since=${this.now.at}` : "";
      const answer = await fetch(`${this.root.dataset["now"]}${since}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      this.take((await answer.json()) as Now);
    } catch {
      window.setTimeout(() => this.askSoon(), 5000);
    }
    this.isAsking = false;
    if (this.isBehind) this.askSoon();
  }

  private async askPlants(): Promise<void> {
    try {
      const answer = await fetch(this.root.dataset["plants"] ?? "", { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const plants = (await answer.json()) as Plant[];
      this.plants = new Map(plants.map((plant) => [plant.id, plant]));
      this.map?.show(plants);
      const row = this.now?.rows.find((one) => one.id === this.chosen);
      if (row) this.drawLinks(row);
    } catch { /* asked again in a while */ }
  }

  private take(now: Now): void {
    const news = this.now ? fresh(now, this.seen) : null;
    this.now = now;
    this.seen = Math.max(this.seen, ...now.rows.map((row) => row.at));
    if (news && now.fresh > 0) this.bell.ring(now.fresh, news.worst ?? now.rows[0] ?? null);
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
    if (!this.chosen && now.rows[0]) this.choose(now.rows[0].id, false);
  }

  private draw(): void {
    const now = this.now;
    if (!now) return;
    for (const place of document.querySelectorAll<HTMLElement>("[data-count]")) {
      const text = String(now.counts[place.dataset["count"] ?? ""] ?? 0);
      if (place.textContent !== text) place.textContent = text;
    }
    this.drawRows(now.rows);
    const more = this.part("[data-wall-more]");
    const rest = now.total - now.rows.length;
    more.hidden = now.total > 0 && rest <= 0;
    more.textContent = now.total === 0 ? say("noAlarms") : `${say("furtherRows")} ${rest} ${say("furtherRowsEnd")}`;
    this.part("[data-wall-total]").textContent = `${say("all")} ${now.total} ${say("rows")}`.trim();
    this.drawFlood(now);
    this.map?.heat(now.hot);
    this.root.dataset["drawn"] = String(now.at);
    this.root.dataset["total"] = String(now.total);
  }

  private drawRows(rows: Row[]): void {
    const wanted = new Set(rows.map((row) => row.id));
    for (const [id, kept] of this.nodes) if (!wanted.has(id)) { kept.node.remove(); this.nodes.delete(id); }
    let before: Element | null = this.rows.firstElementChild;
    for (const row of rows) {
      const told = signature(row);
      let kept = this.nodes.get(row.id);
      if (!kept) { kept = { node: document.createElement("li"), told: "" }; this.nodes.set(row.id, kept); }
      if (kept.told !== told) { kept.node.replaceChildren(this.drawnRow(row)); kept.told = told; }
      if (kept.node !== before) this.rows.insertBefore(kept.node, before);
      else before = before.nextElementSibling;
    }
    this.mark();
  }

  private drawnRow(row: Row): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `wall-row ${row.level}${row.active ? "" : " calm"}`;
    button.dataset["id"] = row.id;
    const put = (tag: string, words: string, name = ""): void => {
      const part = document.createElement(tag);
      part.textContent = words;
      if (name) part.className = name;
      button.append(part);
    };
    const late = row.due !== null && row.due < Date.now();
    put("i", "");
    put("b", row.name);
    put("span", row.kind, "kind end");
    put("span", row.firm);
    put("span", row.value ? `${row.value} / ${row.bound} ${row.unit}` : "", "end");
    put("span", `${moment(row.at)} · ${row.where}`);
    put("span", [row.times > 1 ? `${row.times} ${say("times")}` : "", row.stateWords, late ? say("overdueWord") : ""].filter(Boolean).join(" · "), `end${row.state === "raised" ? " unheard" : ""}${late ? " late" : ""}`);
    return button;
  }

  private drawFlood(now: Now): void {
    const place = this.part("[data-wall-flood]");
    const said = now.flood.firms.map((firm) => `${firm.name} ${firm.n}`).join("\n");
    place.hidden = now.flood.firms.length === 0;
    if (place.dataset["said"] !== said) {
      place.dataset["said"] = said;
      const head = document.createElement("b");
      head.textContent = `${say("flood")} · ${say("floodSays")} ${now.flood.ten} ${say("alarmsAt")}`;
      const list = document.createElement("ul");
      for (const firm of now.flood.firms) {
        const line = document.createElement("li");
        const link = document.createElement("a");
        link.href = `/enterprises/${firm.id}/plant`;
        link.textContent = firm.name;
        line.append(link, ` ${firm.n} (> ${now.flood.norm})`);
        list.append(line);
      }
      if (now.flood.more) { const line = document.createElement("li"); line.textContent = `+${now.flood.more}`; list.append(line); }
      place.replaceChildren(head, list);
    }
    const bars = this.part("[data-wall-minutes]");
    const heights = minuteBars(now.flood.minutes);
    if (bars.childElementCount !== heights.length) bars.replaceChildren(...heights.map(() => document.createElement("i")));
    heights.forEach((height, n) => { (bars.children[n] as HTMLElement).style.height = `${height}%`; });
  }

  private chooseOf(plant: Plant): void {
    const row = this.now?.rows.find((one) => one.plant === plant.id);
    if (row) this.choose(row.id, false);
  }

  private choose(id: string, look: boolean): void {
    const row = this.now?.rows.find((one) => one.id === id);
    if (!row) return;
    this.chosen = id;
    this.mark();
    this.part("[data-wall-name]").textContent = `${row.name} · ${row.firm}`;
    this.drawLinks(row);
    // The row first, then its line, then the map: each in a frame of its own, since each costs one.
    window.clearTimeout(this.following);
    this.following = window.setTimeout(() => {
      void this.line.show(`${this.root.dataset["lineBase"]}${row.sensor}/line`);
      const plant = this.plants.get(row.plant);
      if (look && plant) this.following = window.setTimeout(() => this.map?.look(plant, this.isStorm), LOOK_AFTER);
    }, SHOW_AFTER);
  }

  private drawLinks(row: Row): void {
    const link = (words: string, href: string): HTMLAnchorElement => { const a = document.createElement("a"); a.href = href; a.textContent = words; return a; };
    const plant = this.plants.get(row.plant);
    const links = [link(this.root.dataset["openWords"] ?? "", `${this.root.dataset["alarm"]}${row.id}/`)];
    if (plant) links.push(link(this.root.dataset["plantWords"] ?? "", `/${plant.kind}/${plant.id}/plant`));
    this.part("[data-wall-links]").replaceChildren(...links);
  }

  private mark(): void {
    for (const [id, { node }] of this.nodes) {
      const button = node.firstElementChild;
      if (!button) continue;
      if (id === this.chosen) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }
}

const clockFace = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
const dayFace = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit" });

function moment(at: number): string {
  const isToday = dayFace.format(at) === dayFace.format(Date.now());
  return isToday ? clockFace.format(at) : `${dayFace.format(at)} ${clockFace.format(at)}`;
}

export function startWalls(): void {
  for (const root of document.querySelectorAll<HTMLElement>("[data-wall]:not([data-ready])")) {
    root.dataset["ready"] = "true";
    new Wall(root);
  }
}

