/** What one person's phone keeps, in IndexedDB: sites and lists, visits under way, visits waiting, photos waiting, visits sent.
    Each account has a database of its own: a queue belongs to its person. Texts and pictures lie in different stores, so
    that five hundred photos never slow a tap. */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Bundle, Draft, Lists, Me, Picture, Sent, Shape, Site, Waiting } from "./types";

interface Kept extends DBSchema {
  meta: { key: string; value: unknown };
  sites: { key: string; value: Site };
  drafts: { key: string; value: Draft };
  waiting: { key: string; value: Waiting; indexes: { seq: number } };
  photos: { key: string; value: Picture; indexes: { series: string } };
  sent: { key: string; value: Sent; indexes: { at: number } };
}
export type Chain = { device: string; seq: number; head: string };
export type RefusedPicture = { sha256: string; series: string; failed: string };
export type Known = { account: string; name: string; unsent: number };

const VERSION = 1;
const KEPT_SENT = 200;
const ACCOUNT = "anlan-field-account";
const PEOPLE = "anlan-field-people";

export class StorageFull extends Error {}
/** The same visit went on in another window of this phone: what is there is newer than what is here. */
export class Overtaken extends Error {}

/** Storage that is full is said in words, never passed over. */
async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (fault) {
    if (fault instanceof DOMException && (fault.name === "QuotaExceededError" || fault.name === "UnknownError")) throw new StorageFull();
    throw fault;
  }
}

export class Store {
  private constructor(readonly account: string, private readonly db: IDBPDatabase<Kept>) {}

  static async open(account: string): Promise<Store> {
    const db = await openDB<Kept>(`anlan-field-${account}`, VERSION, {
      upgrade(made) {
        made.createObjectStore("meta");
        made.createObjectStore("sites", { keyPath: "id" });
        made.createObjectStore("drafts", { keyPath: "site" });
        made.createObjectStore("waiting", { keyPath: "series" }).createIndex("seq", "seq");
        made.createObjectStore("photos", { keyPath: "sha256" }).createIndex("series", "series");
        made.createObjectStore("sent", { keyPath: "series" }).createIndex("at", "at");
      },
      blocking(_current, _blocked, event) { (event.target as IDBDatabase).close(); },
    });
    return new Store(account, db);
  }

  async meta<T>(name: string): Promise<T | undefined> { return (await this.db.get("meta", name)) as T | undefined; }
  async keep(name: string, value: unknown): Promise<void> { await guarded(this.db.put("meta", value, name)); }
  me(): Promise<Me | undefined> { return this.meta<Me>("me"); }
  lists(): Promise<Lists | undefined> { return this.meta<Lists>("lists"); }
  outline(): Promise<Shape[] | undefined> { return this.meta<Shape[]>("map"); }
  async offset(): Promise<number> { return (await this.meta<number>("offset")) ?? 0; }

  /** Sites in the order in which the server put them. */
  async sites(): Promise<Site[]> {
    const order = (await this.meta<string>("order")) ?? "";
    const place = new Map(digests(order).map((digest, index) => [digest, index]));
    const all = await this.db.getAll("sites");
    return all.sort((one, other) => (place.get(one.digest) ?? 0) - (place.get(other.digest) ?? 0));
  }
  site(id: string): Promise<Site | undefined> { return this.db.get("sites", id); }

  /** Takes in what changed; a site that is no longer ours goes, unless a visit to it is under way. */
  async take(bundle: Bundle): Promise<void> {
    const tx = this.db.transaction(["meta", "sites", "drafts"], "readwrite");
    const sites = tx.objectStore("sites");
    for (const site of bundle.sites) void sites.put(site);
    const held = new Set(digests(bundle.order));
    const busy = new Set(await tx.objectStore("drafts").getAllKeys());
    for (const site of await sites.getAll()) if (!held.has(site.digest) && !busy.has(site.id)) void sites.delete(site.id);
    const meta = tx.objectStore("meta");
    void meta.put(bundle.order, "order");
    void meta.put(bundle.me, "me");
    void meta.put(bundle.left ?? { due: 0, later: 0 }, "left");
    void meta.put(bundle.csrf, "csrf");
    if (bundle.lists) void meta.put(bundle.lists, "lists");
    if (bundle.map) void meta.put(bundle.map.features, "map");
    void meta.put(Date.now(), "synced");
    await guarded(tx.done);
  }

  draft(site: string): Promise<Draft | undefined> { return this.db.get("drafts", site); }
  drafts(): Promise<Draft[]> { return this.db.getAll("drafts"); }
  /** Keeps a visit that begins; refuses where another window of this phone has begun one to the same site. */
  beginDraft(draft: Draft): Promise<void> { return this.putDraft(draft, (held) => !held); }
  /** Keeps a visit under way; refuses when another window of this phone has gone further with it, otherwise on than here, or
      has ended it. How far it went stands beside it, so that no tap reads five hundred records to compare them. */
  keepDraft(draft: Draft): Promise<void> { return this.putDraft(draft, (held) => goesOn(draft, held)); }
  private async putDraft(draft: Draft, may: (held: Reached | undefined) => boolean): Promise<void> {
    const tx = this.db.transaction(["drafts", "meta"], "readwrite");
    const [drafts, meta, mark] = [tx.objectStore("drafts"), tx.objectStore("meta"), markOf(draft.site)];
    const held = ((await meta.get(mark)) as Reached | undefined) ?? reached(await drafts.get(draft.site));
    if (!may(held)) throw new Overtaken();
    void drafts.put(draft);
    void meta.put(reached(draft), mark);
    await guarded(tx.done);
  }
  /** Lays words typed in a window that was overtaken into the visit as it stands by now; words typed there stand before them. */
  async keepWords({ site, series, typed }: Draft): Promise<void> {
    const tx = this.db.transaction("drafts", "readwrite");
    const held = await tx.store.get(site);
    if (held?.series === series) void tx.store.put({ ...held, typed: { ...typed, ...held.typed } });
    await guarded(tx.done);
  }
  async dropDraft(site: string): Promise<void> {
    const draft = await this.db.get("drafts", site);
    if (!draft) return;
    const tx = this.db.transaction(["drafts", "photos", "meta"], "readwrite");
    void tx.objectStore("drafts").delete(site);
    void tx.objectStore("meta").delete(markOf(site));
    for (const key of await tx.objectStore("photos").index("series").getAllKeys(draft.series)) void tx.objectStore("photos").delete(key);
    await tx.done;
  }

  async chain(): Promise<Chain> { return (await this.meta<Chain>("chain")) ?? { device: crypto.randomUUID(), seq: 0, head: "" }; }

  /** A visit is finished: out of the drafts, into the queue, the chain of the device moved on, in one transaction. Refuses as
      keeping it does: what another window added would be missing from what was signed. */
  async finish(draft: Draft, waiting: Waiting, chain: Chain, cost: Sent["cost"]): Promise<void> {
    const tx = this.db.transaction(["drafts", "waiting", "meta"], "readwrite");
    const held = (await tx.objectStore("meta").get(markOf(draft.site))) as Reached | undefined;
    if (!goesOn(draft, held ?? reached(await tx.objectStore("drafts").get(draft.site)))) throw new Overtaken();
    void tx.objectStore("waiting").put(waiting);
    void tx.objectStore("drafts").delete(draft.site);
    void tx.objectStore("meta").delete(markOf(draft.site));
    void tx.objectStore("meta").put(chain, "chain");
    void tx.objectStore("meta").put(cost, `cost:${waiting.series}`);
    await guarded(tx.done);
  }
  async waiting(): Promise<Waiting[]> { return this.db.getAllFromIndex("waiting", "seq"); }
  async refuse(one: Waiting): Promise<void> { await this.db.put("waiting", one); }
  async settle(sent: Sent): Promise<void> {
    const tx = this.db.transaction(["waiting", "sent", "meta", "photos"], "readwrite");
    void tx.objectStore("waiting").delete(sent.series);
    void tx.objectStore("meta").delete(`cost:${sent.series}`);
    void tx.objectStore("sent").put(sent);
    const all = await tx.objectStore("sent").index("at").getAllKeys();
    for (const key of await outlived(all, (series) => tx.objectStore("photos").index("series").count(series))) void tx.objectStore("sent").delete(key);
    await guarded(tx.done);
  }
  async sent(): Promise<Sent[]> { return (await this.db.getAllFromIndex("sent", "at")).reverse(); }
  sentOne(series: string): Promise<Sent | undefined> { return this.db.get("sent", series); }

  async keepPicture(picture: Picture): Promise<void> { await guarded(this.db.put("photos", picture)); }
  picture(sha256: string): Promise<Picture | undefined> { return this.db.get("photos", sha256); }
  pictures(): Promise<string[]> { return this.db.getAllKeys("photos"); }
  /** Pictures the server would not have, with the reason. */
  async refusedPictures(): Promise<RefusedPicture[]> {
    const found: RefusedPicture[] = [];
    for (let cursor = await this.db.transaction("photos").store.openCursor(); cursor; cursor = await cursor.continue()) {
      const { sha256, series, failed } = cursor.value;
      if (failed) found.push({ sha256, series, failed });
    }
    return found;
  }
  async dropPicture(sha256: string): Promise<void> { await this.db.delete("photos", sha256); }

  /** How many items wait: visits finished and pictures; visits under way are told apart. */
  async counts(): Promise<{ visits: number; photos: number; drafts: number }> {
    const [visits, photos, drafts] = await Promise.all([this.db.count("waiting"), this.db.count("photos"), this.db.count("drafts")]);
    return { visits, photos, drafts };
  }

  close(): void { this.db.close(); }
}

/** Which visit to a site is under way, how many records it has, and the seal of the last. */
type Reached = [series: string, records: number, head?: string];
function reached(draft: Draft | undefined): Reached | undefined {
  return draft && [draft.series, draft.records.length, draft.records.at(-1)?.sha256 ?? ""];
}
/** Whether a visit goes on from where it is kept: of two windows that each added one record neither may take the other's away. */
export function goesOn(draft: Draft, held: Reached | undefined): boolean {
  if (!held || held[0] !== draft.series || held[1] > draft.records.length) return false;
  return held[2] === undefined || held[2] === (draft.records[held[1] - 1]?.sha256 ?? "");
}
function markOf(site: string): string { return `draft:${site}`; }

/** Which visits sent need not be remembered: the oldest beyond two hundred, but none whose photos still wait to follow it. */
export async function outlived(oldestFirst: readonly string[], photosOf: (series: string) => Promise<number>): Promise<string[]> {
  const old = oldestFirst.slice(0, -KEPT_SENT);
  const waiting = await Promise.all(old.map(photosOf));
  return old.filter((_, index) => waiting[index] === 0);
}

export function digests(order: string): string[] {
  return order.match(/.{8}/g) ?? [];
}

export function currentAccount(): string { return localStorage.getItem(ACCOUNT) ?? ""; }
export function setAccount(account: string): void { localStorage.setItem(ACCOUNT, account); }

/** Who uses this phone and what of theirs waits: the office reads the cookie and lets nobody sign out over it. */
export function people(): Known[] {
  try {
    return JSON.parse(localStorage.getItem(PEOPLE) ?? "[]") as Known[];
  } catch {
    return [];
  }
}
export function noteUnsent(account: string, name: string, unsent: number): void {
  const others = people().filter((one) => one.account !== account);
  const all = [...others, { account, name, unsent }].filter((one) => one.account === account || one.unsent > 0);
  localStorage.setItem(PEOPLE, JSON.stringify(all));
  const total = all.reduce((sum, one) => sum + one.unsent, 0);
  document.cookie = `anlan_unsent=${total}; path=/; max-age=${total ? 31_536_000 : 0}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
}
