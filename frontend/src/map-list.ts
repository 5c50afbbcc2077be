/** The map of lists: our own vector tiles under the very query of the list. Tapping picks, circling lists, the legend switches levels. */
import { type MapGeoJSONFeature, type MapMouseEvent, type MapOptions, Popup, ScaleControl, type StyleSpecification, type VectorTileSource } from "maplibre-gl";

import { fetched, layersOf, queryOf, tilesAddress } from "./ahead";
import { touchedTiles } from "./changes";
import { CityView, text } from "./city-view";
import { drawn, kept, type Place } from "./coordinates";
import { FreshSigns } from "./fresh-signs";
import { read, written } from "./lasso";
import { LassoHand } from "./lasso-hand";
import type { Sign } from "./live-topics";
import { pictureOf } from "./map-first";
import { areaColours, dressings, levelLayer, LEVELS, ROWS } from "./map-look";
import { absolute, asked, countLine, showArea, type TilesSaid, withRows } from "./map-rows";
import { drawSigns, redrawSigns } from "./map-signs";
import { remember } from "./theme";
import { say } from "./words";

const NEAR = 14; // pixels around a finger
const DEEPEST = 17;
const CLOSE = 0.35; // of a zoom
const CALM = 1500; // the count is asked for at most this often while rows change
type Changed = { as_of: string; places: Place[] | null };
type List = { slug: string; words: string; url: string };

export class ListMap extends CityView {
  private levels: number[] = [...LEVELS];
  private said!: Promise<TilesSaid>;
  private counted: TilesSaid | undefined; // what the line of the count says
  private askedAt = ""; // the address under which the rows shown were asked for
  private found: TilesSaid | undefined; // what the first picture is drawn from
  private popup: Popup | undefined;
  private hand: LassoHand | undefined;
  private since = ""; // the moment as of which the rows shown were asked for
  private counting: number | undefined;
  private fresh: FreshSigns | undefined;
  private declare isBack: boolean; // set before the map is made, which writes the address itself
  private declare isFresh: boolean; // tiles are asked for anew, because their rows have changed

  protected override options(): Partial<MapOptions> {
    this.isBack = location.hash.startsWith("#map=");
    return { hash: "map", maxTileCacheSize: 60, transformRequest: (url) => (this.isFresh ? { url, cache: "no-cache" } : { url }) };
  }

  protected override stands(): boolean {
    return this.isBack || Boolean(this.root.dataset["outline"]) || Boolean(this.found?.bounds);
  }

  protected override async before(): Promise<void> {
    this.said = this.ask();
    this.found = await this.said;
  }

  protected override dressed(style: StyleSpecification): StyleSpecification {
    if (!this.found) return style;
    drawSigns(this.map);
    this.stand(this.found, read(this.root.dataset["outline"] ?? "").map(drawn));
    return withRows(style, this.found, this.levels);
  }

  protected override async ready(): Promise<void> {
    const outline = read(this.root.dataset["outline"] ?? "").map(drawn);
    if (outline.length > 0) showArea(this, outline);
    try {
      const said = await this.said;
      this.count(said);
      this.paintAreas();
      this.root.dataset["shown"] = String(said.count);
      this.map.whenWhole(() => this.isWhole());
      this.map.on("movestart", (event) => { if (event.originalEvent) this.takeOver(); });
    } catch {
      await super.ready();
      this.tell(say("mapFailed"));
      return;
    }
    this.map.on("click", (event) => this.pick(event));
    for (const layer of ["heap", "point"]) {
      this.map.on("mouseenter", layer, () => { this.map.getCanvas().style.cursor = "pointer"; });
      this.map.on("mouseleave", layer, () => { this.map.getCanvas().style.cursor = ""; });
    }
    this.listen();
    this.catchUp();
  }

  /** What was ticked or chosen while the map was on its way counts too. */
  private catchUp(): void {
    if (this.root.querySelector("[data-map-levels] input:not(:checked)")) this.switchLevels();
    if (this.askedAt !== tilesAddress(this.layers(), this.query())) void this.renew();
  }

  /** What is not the picture comes once that is on the screen: controls around it, the rest of the page. */
  private isWhole(): void {
    this.takeOver();
    requestAnimationFrame(() => {
      this.root.dataset["usable"] = String(Math.round(performance.now()));
      this.root.dispatchEvent(new CustomEvent("anlan:map-whole", { bubbles: true }));
      if (this.isGone) return;
      remember("anlan_map", `${this.root.clientWidth}x${this.root.clientHeight}`, location.pathname); // this page is told the next time
      this.map.addControl(new ScaleControl({ maxWidth: 120 }), "top-left");
      void super.ready();
    });
  }

  /** The living map stands where the first picture stood. */
  private takeOver(): void {
    const picture = pictureOf(this.root);
    if (picture?.contains(document.activeElement)) this.map.getCanvas().focus({ preventScroll: true });
    picture?.remove();
  }

  private get frame(): HTMLElement {
    return this.root.closest<HTMLElement>("[data-map-frame]") ?? this.root;
  }

  private get lists(): List[] {
    const found: List[] = [];
    for (let index = 0; this.root.hasAttribute(`data-list-${index}`); index += 1) {
      const [slug = "", words = "", url = ""] = (this.root.getAttribute(`data-list-${index}`) ?? "").split("|");
      found.push({ slug, words, url });
    }
    return found.filter((list) => this.layers().split(",").includes(list.slug));
  }

  private layers(): string {
    return layersOf(this.root);
  }

  private query(): string {
    return queryOf(this.root);
  }

  private async ask(): Promise<TilesSaid> {
    this.askedAt = tilesAddress(this.layers(), this.query());
    const said = await asked(this.layers(), this.query());
    this.since ||= said.as_of;
    return said;
  }

  /** Somebody whose rows lie in one county is not made to look for them; an area that was drawn is shown whole. */
  private stand(said: TilesSaid, outline: Place[]): void {
    if (this.isBack) return;
    const box = pictureOf(this.root) ? (this.root.dataset["firstBox"] ?? "").split(",").map(Number) : said.bounds;
    const ring: Place[] = outline.length > 0 ? outline : box ? [drawn([box[0] ?? 0, box[1] ?? 0]), drawn([box[2] ?? 0, box[3] ?? 0])] : [];
    if (ring.length === 0) return;
    const [x, y] = [ring.map(([longitude]) => longitude), ring.map(([, latitude]) => latitude)];
    const view = this.map.cameraForBounds([Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)], { padding: this.padding(), maxZoom: 14 });
    if (view) this.map.jumpTo(view); // what fits bounds reckons a flight first, even where nothing flies
    this.keepSigns();
  }

  /** The page may have taken the map a little larger or smaller than it is: the signs of its picture stay those of the map. */
  private keepSigns(): void {
    const drawn = Number(this.root.dataset["firstZoom"] ?? NaN);
    if (!pictureOf(this.root)) return;
    const zoom = this.map.getZoom();
    if (zoom < drawn && zoom > drawn - CLOSE) this.map.setZoom(drawn);
    else if (zoom >= drawn + 1 && zoom < drawn + 1 + CLOSE) this.map.setZoom(drawn + 0.999);
  }

  /** Room at the edges; on a wide map the open legend lies beside what is shown, not over it. */
  private padding(): number | { top: number; bottom: number; left: number; right: number } {
    if (this.root.clientWidth < 480) return 32;
    const legend = this.root.querySelector<HTMLDetailsElement>(".map-legend[open]");
    const beside = legend && this.root.clientWidth >= 640 ? legend.offsetWidth + 24 : 0;
    return { top: 40, bottom: 40, left: Math.max(40, beside), right: 60 };
  }

  private count(said: TilesSaid): void {
    this.counted = said;
    const line = this.frame.querySelector<HTMLElement>("[data-map-count]");
    if (line) line.textContent = countLine(said, this.levels);
  }

  private listen(): void {
    document.addEventListener("change", (event) => {
      const target = event.target as Element;
      if (target.closest("[data-map-layers]") && !this.isGone) void this.renew();
    });
    this.root.addEventListener("anlan:map-renew", (event) => void this.renewRows((event as CustomEvent<{ signs?: Sign[] | null } | undefined>).detail?.signs ?? null));
    this.root.addEventListener("anlan:map-areas", () => this.paintAreas());
    this.root.querySelector("[data-map-levels]")?.addEventListener("change", (event) => {
      event.stopPropagation(); // the form around a list is not asked anew for what the map alone shows
      this.switchLevels();
    });
    this.hand = new LassoHand(this.map, {
      began: () => this.tell(say("drawArea")),
      drew: (ring) => { this.tell(""); void this.list(ring.map(kept), say("insideArea")); },
      failed: (word) => this.tell(say(word)),
      ended: () => { this.button("lasso")?.setAttribute("aria-pressed", "false"); },
    });
    for (const button of this.frame.querySelectorAll<HTMLButtonElement>("[data-map-act]")) {
      button.classList.remove("map-later");
      button.addEventListener("click", () => this.act(button));
    }
    this.frame.querySelector<HTMLAnchorElement>("[data-map-print]")?.addEventListener("click", (event) => {
      const link = event.currentTarget as HTMLAnchorElement;
      const address = new URL(link.href, location.href);
      const bounds = this.map.getBounds();
      const corners = [...kept([bounds.getWest(), bounds.getSouth()]), ...kept([bounds.getEast(), bounds.getNorth()])];
      address.searchParams.set("box", corners.map((side) => side.toFixed(5)).join(","));
      address.searchParams.set("layers", this.layers());
      address.searchParams.set("levels", this.levels.join(""));
      if (new URLSearchParams(this.query()).get("open")) address.searchParams.set("open", "1");
      else address.searchParams.delete("open");
      link.href = address.href;
    });
  }

  private button(name: string): HTMLButtonElement | null {
    return this.frame.querySelector<HTMLButtonElement>(`[data-map-act="${name}"]`);
  }

  private act(button: HTMLButtonElement): void {
    if (button.dataset["mapAct"] === "view") {
      const bounds = this.map.getBounds();
      const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
      const corners: Place[] = [[west, south], [east, south], [east, north], [west, north]];
      void this.list(corners.map(kept), say("insideView"));
      return;
    }
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    if (on) this.hand?.start();
    else { this.hand?.stop(); this.tell(""); }
  }

  private switchLevels(): void {
    this.levels = [...this.root.querySelectorAll<HTMLInputElement>("[data-map-levels] input:checked")].map((box) => Number(box.value));
    if (this.counted) this.count(this.counted);
    const { filters, layout, paint } = dressings(this.levels);
    for (const [layer, filter] of filters) this.map.setFilter(layer, filter);
    for (const [layer, name, value] of layout) this.map.setLayoutProperty(layer, name as "icon-image", value as string);
    for (const [layer, name, value] of paint) this.map.setPaintProperty(layer, name as "text-color", value as string);
  }

  /** The rows changed, or the day that is shown: what changed bears its new colour at once, then tiles, the count after them. */
  private async renewRows(signs: Sign[] | null = null): Promise<void> {
    this.isFresh = true;
    const source = this.map.getSource(ROWS) as VectorTileSource | undefined;
    if (!source || this.isGone) return;
    if (signs) this.mark(signs);
    const params = new URLSearchParams(this.query());
    params.set("layers", this.layers());
    const asked = new URL(source.tiles[0] ?? "", location.origin);
    if (asked.searchParams.get("on") === params.get("on")) {
      const places = signs ? signs.flatMap((one) => (one.at ? [drawn(one.at)] : [])) : await this.changed();
      if (places) this.map.refreshTiles(ROWS, touchedTiles(places, this.map.getZoom(), source.maxzoom));
      else source.setTiles(source.tiles);
      this.noteRenewed();
      this.countSoon();
    } else {
      this.fresh?.clear();
      await this.renew();
      this.noteRenewed();
    }
  }

  /** Rows of a map narrowed by a filter may lie outside of it: only tiles tell those. */
  private mark(signs: Sign[]): void {
    const narrowing = [...new URLSearchParams(this.query()).keys()].filter((name) => name !== "open");
    if (narrowing.length > 0) return;
    this.fresh ??= new FreshSigns(this.map);
    this.fresh.show(signs.filter((one) => one.level === null || this.levels.includes(one.level)));
    requestAnimationFrame(() => requestAnimationFrame(() => { this.root.dataset["marked"] = String(Math.round(performance.timeOrigin + performance.now())); }));
  }

  /** Where something changed since the rows were last asked for; null where everything is to be asked for again. */
  private async changed(): Promise<Place[] | null> {
    if (!this.since) return null;
    const params = new URLSearchParams({ layers: this.layers(), since: this.since });
    try {
      const said = await fetched<Changed>(`/api/v1/map/changed?${params}`);
      this.since = said.as_of;
      return said.places?.map(drawn) ?? null;
    } catch {
      return null;
    }
  }

  private noteRenewed(): void {
    this.map.once("idle", () => { this.root.dataset["renewed"] = String(Math.round(performance.timeOrigin + performance.now())); });
  }

  /** The count is not in the picture: it is asked for once the changes have become calm. */
  private countSoon(): void {
    if (this.counting !== undefined) return;
    this.counting = window.setTimeout(() => {
      this.counting = undefined;
      void this.ask().then((said) => this.count(said), () => this.tell(say("mapFailed")));
    }, CALM);
  }

  /** Counties in the colour of what lies within, where the page tells it (`code:level` pairs). */
  private paintAreas(): void {
    const told = (this.root.dataset["areas"] ?? "").split(" ").filter(Boolean).map((pair) => pair.split(":") as [string, string]);
    if (told.length === 0 && !this.map.getLayer("county-level")) return;
    const color = areaColours(told);
    if (this.map.getLayer("county-level")) { this.map.setPaintProperty("county-level", "fill-color", color); return; }
    this.map.addLayer(levelLayer(color), this.map.getLayer("cell") ? "cell" : "county-line");
  }

  private async renew(): Promise<void> {
    try {
      this.since = "";
      const said = await (this.said = this.ask());
      (this.map.getSource(ROWS) as VectorTileSource).setTiles(absolute(said.tiles));
      this.count(said);
      this.popup?.remove();
    } catch {
      this.tell(say("mapFailed"));
    }
  }

  /** The lists of what lies in an area, each with its count: links that carry the filter of the map along. */
  private async list(ring: Place[], title: string): Promise<void> {
    const place = this.frame.querySelector<HTMLElement>("[data-map-found]");
    const within = written(ring);
    showArea(this, ring.map(drawn));
    if (!place) return;
    place.hidden = false;
    place.replaceChildren(text("b", this.levels.length < LEVELS.length ? `${title} · ${say("everyLevel")}` : title));
    const query = this.query();
    try {
      const counts = await Promise.all(this.lists.map((list) => asked(list.slug, query, within)));
      const isEmpty = counts.every((said) => said.count === 0);
      this.lists.forEach((list, index) => {
        if (counts[index]?.count === 0 && !isEmpty) return; // a dozen lists of nothing push the map out of a telephone's sight
        const params = new URLSearchParams(query);
        params.set("within", within);
        const link = document.createElement("a");
        link.className = "btn btn-small btn-primary";
        link.href = `${list.url}?${params}`;
        link.textContent = `${list.words} ${counts[index]?.count ?? 0} ${say("rows")}`.trim();
        place.append(link);
      });
    } catch {
      this.tell(say("mapFailed"));
    }
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "btn btn-small btn-quiet";
    clear.textContent = say("clearArea");
    clear.addEventListener("click", () => { place.hidden = true; showArea(this, read(this.root.dataset["outline"] ?? "").map(drawn)); });
    place.append(clear);
  }

  private pick(event: MapMouseEvent): void {
    if (this.hand?.isDrawing) return;
    const { x, y } = event.point;
    const found = this.map.queryRenderedFeatures([[x - NEAR / 2, y - NEAR / 2], [x + NEAR / 2, y + NEAR / 2]], { layers: ["heap", "point"] });
    const first = found[0];
    if (!first) { this.pickCell(event); return; }
    if (first.geometry.type !== "Point") return;
    const at = first.geometry.coordinates as Place;
    if (first.layer.id === "heap") this.enter(first, at);
    else if (new Set(found.map((one) => one.properties["id"])).size > 1) void this.show(at, this.around(at));
    else void this.show(at, { kind: String(first.properties["kind"]), id: String(first.properties["id"]) });
  }

  /** A cell that bears a level of its own says why. */
  private pickCell(event: MapMouseEvent): void {
    const cell = this.map.queryRenderedFeatures(event.point, { layers: ["cell"] }).find((one) => one.properties["cell"]);
    if (cell) void this.show([event.lngLat.lng, event.lngLat.lat], { within: String(cell.properties["cell"]) });
  }

  /** A heap is entered by coming nearer; one that cannot be told apart any more shows its rows. */
  private enter(heap: MapGeoJSONFeature, at: Place): void {
    const cell = String(heap.properties["cell"] ?? "");
    if (Number(heap.properties["n"]) === 1 && cell) { void this.show(at, { within: cell }); return; }
    if (this.map.getZoom() >= DEEPEST) { void this.show(at, this.around(at)); return; }
    this.map.easeTo({ center: at, zoom: Math.min(this.map.getZoom() + 2, 18) });
  }

  private around(at: Place): Record<string, string> {
    const { x, y } = this.map.project(at);
    const corners: [number, number][] = [[x - NEAR, y - NEAR], [x + NEAR, y - NEAR], [x + NEAR, y + NEAR], [x - NEAR, y + NEAR]];
    return { within: written(corners.map((corner) => { const { lng, lat } = this.map.unproject(corner); return kept([lng, lat]); })) };
  }

  private async show(at: Place, params: Record<string, string>): Promise<void> {
    const query = new URLSearchParams(this.query());
    query.set("layers", this.layers());
    for (const [name, value] of Object.entries(params)) query.set(name, value);
    const body = document.createElement("div");
    try {
      const answer = await fetch(`${this.root.dataset["card"]}?${query}`);
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      body.innerHTML = await answer.text(); // a part of our own page, escaped by the server
    } catch {
      body.textContent = say("cardFailed");
    }
    this.popup?.remove();
    this.popup = new Popup({ maxWidth: "20rem", closeButton: true, focusAfterOpen: true }).setLngLat(at).setDOMContent(body).addTo(this.map);
  }

  protected override repaint(): void {
    super.repaint();
    if (this.isGone || !this.map.getLayer("heap")) return;
    redrawSigns(this.map);
    this.switchLevels();
  }
}
