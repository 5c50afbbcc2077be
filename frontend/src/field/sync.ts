/** Sending and fetching: what waits goes first, text before pictures, then what changed comes in. One sender at a time.
    Whatever goes wrong, the queue stays as it was: an item leaves it only when the server has said that it took it. */
import { send } from "./uploads";
import { noteUnsent, Store } from "./store";
import type { Bundle, Cost, Result, Sent, Waiting } from "./types";

export type State = "idle" | "sending" | "offline" | "signin" | "other" | "failed";
const BATCH = 25;
const LOCK = "anlan-field-send";
const PACKED = "application/vnd.anlan.visits+gzip";
const API = "/api/v1/field";

class SignedOut extends Error {}
class OtherPerson extends Error {}
class Refused extends Error {
  constructor(readonly status: number, readonly reasons: string) { super(reasons); }
}

async function asked(path: string, options: RequestInit = {}): Promise<Response> {
  const answer = await fetch(path, { credentials: "same-origin", cache: "no-store", redirect: "error", ...options });
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string; code?: string; errors?: Record<string, string[]> };
    if (problem.code === "csrf") throw new SignedOut();
    throw new Refused(answer.status, Object.values(problem.errors ?? {}).flat().join(" ") || problem.detail || String(answer.status));
  }
  return answer;
}

/** The bundle, by digests of what is here already; also measures how wrong this phone's clock is. */
export async function fetchBundle(store: Store | null): Promise<Bundle> {
  const order = (await store?.meta<string>("order")) ?? "";
  const stamp = (await store?.lists())?.stamp ?? "";
  const hasMap = Boolean(await store?.outline());
  const query = new URLSearchParams({ have: order, lists: stamp, ...(hasMap ? {} : { map: "1" }) });
  const before = Date.now();
  const bundle = (await (await asked(`${API}/bundle?${query.toString()}`)).json()) as Bundle;
  const middle = (before + Date.now()) / 2;
  if (store && bundle.me.account !== store.account) throw new OtherPerson();
  await store?.take(bundle);
  await store?.keep("offset", Math.round((Date.parse(bundle.now) - middle) / 1000));
  return bundle;
}

async function packed(text: string): Promise<{ body: BodyInit; type: string }> {
  if (typeof CompressionStream === "undefined") return { body: text, type: "application/json" };
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return { body: await new Response(stream).blob(), type: PACKED };
}

async function sendVisits(store: Store, csrf: string): Promise<void> {
  for (;;) {
    const batch = (await store.waiting()).filter((one) => !one.refused).slice(0, BATCH);
    if (batch.length === 0) return;
    const { body, type } = await packed(JSON.stringify({ visits: batch.map(({ series, records }) => ({ series, records })) }));
    const answer = await asked(`${API}/visits`, { method: "POST", body, headers: { "Content-Type": type, "X-CSRFToken": csrf } });
    const results = ((await answer.json()) as { visits: Result[] }).visits;
    for (const one of batch) await settle(store, one, results.find((result) => result.series === one.series));
  }
}

async function settle(store: Store, one: Waiting, result: Result | undefined): Promise<void> {
  if (!result) return;
  if (!result.ok) {
    await store.refuse({ ...one, refused: result.reasons ?? [] });
    return;
  }
  const cost = (await store.meta<Cost>(`cost:${one.series}`)) ?? { site: 0, writing: 0, keys: 0, signatures: 0, documents: 0 };
  const { series, site, siteName, at, findings } = one;
  await store.settle({ series, site, siteName, at, findings, result, cost } satisfies Sent);
}

/** One picture whose visit the server has; gives whether there was one. */
async function sendPicture(store: Store, csrf: string, skipped: Set<string>): Promise<boolean> {
  for (const key of await store.pictures()) {
    if (skipped.has(key)) continue;
    const picture = await store.picture(key);
    if (!picture || !(await store.sentOne(picture.series))) continue;
    try {
      if (!picture.evidence) {
        picture.evidence = await send(picture, csrf, (address) => { void store.keepPicture({ ...picture, upload: address }); });
        await store.keepPicture(picture);
      }
      const body = JSON.stringify({ series: picture.series, evidence: picture.evidence });
      await asked(`${API}/photos`, { method: "POST", body, headers: { "Content-Type": "application/json", "X-CSRFToken": csrf } });
      await store.dropPicture(key);
      return true;
    } catch (fault) {
      if (!(fault instanceof Refused) && !isAnswered(fault)) throw fault;
      // The server would not have it: keep it, say why, go on with the others; the upload begins anew next time.
      await store.keepPicture({ ...picture, upload: "", evidence: "", failed: fault instanceof Refused ? fault.reasons : "" });
      skipped.add(key);
      return true;
    }
  }
  return false;
}

function isAnswered(fault: unknown): boolean {
  const status = (fault as { originalResponse?: { getStatus(): number } | null }).originalResponse?.getStatus() ?? 0;
  if (status === 401) throw new SignedOut();
  return status >= 400 && status < 500;
}

export async function tally(store: Store): Promise<{ visits: number; photos: number; drafts: number }> {
  const counts = await store.counts();
  if (typeof document !== "undefined") noteUnsent(store.account, (await store.me())?.name ?? "", counts.visits + counts.photos + counts.drafts);
  return counts;
}

/** Sends all that waits and fetches what changed. `told` hears of every step; the outcome is a state to show. */
export async function synchronise(store: Store, told: () => void): Promise<State> {
  const outcome = await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock): Promise<State | null> => {
    if (!lock) return null;
    try {
      const { csrf } = await fetchBundle(store);
      const skipped = new Set<string>();
      await sendVisits(store, csrf);
      told();
      while (await sendPicture(store, csrf, skipped)) {
        told();
        await sendVisits(store, csrf); // a visit finished meanwhile goes before the next picture
      }
      if ((await store.waiting()).length === 0) await fetchBundle(store);
      return "idle";
    } catch (fault) {
      if (fault instanceof SignedOut) return "signin";
      if (fault instanceof OtherPerson) return "other";
      if (fault instanceof Refused) return fault.status >= 500 ? "failed" : fault.status === 403 ? "other" : "failed";
      return "offline";
    }
  });
  return outcome ?? "sending";
}
