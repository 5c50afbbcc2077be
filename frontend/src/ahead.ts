/** What a map asks first is asked while its code is still on the way: a slow telephone does both at once. */
export const BOUNDARIES = "/api/v1/map/boundaries";
const begun = new Map<string, Promise<unknown>>();

async function answered(address: string, signal?: AbortSignal): Promise<unknown> {
  const answer = await fetch(address, { headers: { Accept: "application/geo+json, application/json" }, ...(signal ? { signal } : {}) });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as unknown;
}

/** Returns what an address answers; what was asked ahead is taken once and asked anew after that. */
export function fetched<T>(address: string, signal?: AbortSignal): Promise<T> {
  const waiting = begun.get(address);
  begun.delete(address);
  return (waiting ?? answered(address, signal)) as Promise<T>;
}

function begin(address: string): void {
  if (begun.has(address)) return;
  const found = answered(address);
  found.catch(() => undefined); // whoever takes it hears of it
  begun.set(address, found);
}

/** The layers a map shows: those ticked on the page, else its own. */
export function layersOf(root: HTMLElement): string {
  const boxes = [...document.querySelectorAll<HTMLInputElement>("[data-map-layers] input[name='layers']:checked")];
  return boxes.length > 0 ? boxes.map((box) => box.value).join(",") : (root.dataset["layers"] ?? "");
}

/** The query of the lists of a map, with "open only" as its box on the page stands. */
export function queryOf(root: HTMLElement): string {
  const params = new URLSearchParams(root.dataset["query"] ?? "");
  const box = document.querySelector<HTMLInputElement>("[data-map-open]");
  if (box?.checked) params.set("open", "1");
  else if (box) params.delete("open");
  return params.toString();
}

/** Where it is told from what the rows of some lists are drawn, and how many they are. */
export function tilesAddress(layers: string, query: string, within = ""): string {
  const params = new URLSearchParams(query);
  params.set("layers", layers);
  if (within) params.set("within", within);
  return `/api/v1/map/tiles.json?${params}`;
}

/** Asks for what the maps of a page will want first. */
export function askAhead(root: ParentNode): void {
  for (const map of root.querySelectorAll<HTMLElement>("[data-map]:not([data-ready])")) {
    begin(map.dataset["boundaries"] ?? BOUNDARIES);
    if (map.dataset["map"] === "full") begin(tilesAddress(layersOf(map), queryOf(map)));
    else if (map.dataset["map"] === "sheet") begin(tilesAddress(map.dataset["layers"] ?? "", map.dataset["query"] ?? ""));
  }
}
