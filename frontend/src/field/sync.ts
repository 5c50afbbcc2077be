/** Sending and fetching: what waits goes first, text before pictures, then what changed comes in. One sender at a time.
    Whatever goes wrong, the queue stays as it was: an item leaves it only when the server has said that it took it. */
import { send } from "./uploads";
import { noteUnsent, Store } from "./store";
import type { Bundle, Cost, Result, Sent, Waiting } from "./types";

export type State = "idle" | "sending" | "offline" | "signin" | "other" | "moved" | "barred" | "failed";
const BATCH = 25;
const LOCK = "anlan-field-send";
const PACKED = "application/vnd.anlan.visits+gzip";
const API = "/api/v1/field";
/** Answers that say nothing of the picture itself: it is tried again by itself. */
const PASSING = new Set([408, 409, 423, 425, 429]);

class SignedOut extends Error {}
class OtherPerson extends Error {}
class Refused extends Error {
  constructor(readonly status: number, readonly reasons: string) { super(reasons); }
}
type Problem = { detail?: string; code?: string; errors?: Record<string, string[]> };

/** What an answer that is none of success says; a session that has run out is something else than a refusal. */
function refusalOf(status: number, problem: Problem): Error {
  if (status === 401 || problem.code === "csrf") return new SignedOut();
  return new Refused(status, Object.values(problem.errors ?? {}).flat().join(" ") || problem.detail || String(status));
}

async function asked(path: string, options: RequestInit = {}): Promise<Response> {
  const answer = await fetch(path, { credentials: "same-origin", cache: "no-store", redirect: "error", ...options });
  if (!answer.ok) throw refusalOf(answer.status, (await answer.json().catch(() => ({}))) as Problem);
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

/** What a visit travels as: what was captured, under the last digest. It covers every one before it, and the server makes those
    again; sent along they would be four fifths of all bytes, since no digest can be compressed. */
export function folded({ series, records }: Pick<Waiting, "series" | "records">): object {
  return { series, head: records.at(-1)?.sha256 ?? "", captured: records.map(({ body: { kind, at, place, data } }) => ({ kind, at, place, data })) };
}

async function sendVisits(store: Store, csrf: string): Promise<void> {
  const whole = new Set<string>(); // whose digests did not come out: sent with all of them, the server names the record
  for (;;) {
    const batch = (await store.waiting()).filter((one) => !one.refused).slice(0, BATCH);
    if (batch.length === 0) return;
    const { body, type } = await packed(JSON.stringify({ visits: batch.map((one) => (whole.has(one.series) ? { series: one.series, records: one.records } : folded(one))) }));
    const answer = await asked(`${API}/visits`, { method: "POST", body, headers: { "Content-Type": type, "X-CSRFToken": csrf } });
    const results = ((await answer.json()) as { visits: Result[] }).visits;
    for (const one of batch) {
      const result = results.find((found) => found.series === one.series);
      if (result?.code === "whole" && !whole.has(one.series)) whole.add(one.series);
      else await settle(store, one, result);
    }
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
    if (!picture || picture.failed || !(await store.sentOne(picture.series))) continue; // what was refused waits for its person
    try {
      if (!picture.evidence) {
        picture.evidence = await send(picture, csrf, (address) => {
          picture.upload = address;
          void store.keepPicture({ ...picture });
        });
        await store.keepPicture(picture);
      }
      const body = JSON.stringify({ series: picture.series, evidence: picture.evidence });
      await asked(`${API}/photos`, { method: "POST", body, headers: { "Content-Type": "application/json", "X-CSRFToken": csrf } });
      await store.dropPicture(key);
      return true;
    } catch (fault) {
      const refusal = answered(fault);
      if (!refusal || refusal.status >= 500 || refusal.status === 403) throw refusal ?? fault;
      // The server would not have it: keep it and go on with the others. It is not sent again before somebody has read why.
      if (!PASSING.has(refusal.status)) await store.keepPicture({ ...picture, failed: refusal.reasons });
      else if (refusal.status === 409) await store.keepPicture({ ...picture, upload: "", evidence: "" }); // begun anew
      skipped.add(key);
      return true;
    }
  }
  return false;
}

/** The refusal in a fault, of the platform's door or of the door for uploads; null where no answer came at all. */
function answered(fault: unknown): Refused | null {
  if (fault instanceof Refused) return fault;
  const answer = (fault as { originalResponse?: { getStatus(): number; getBody(): string } | null }).originalResponse;
  const status = answer?.getStatus() ?? 0;
  if (!answer || status < 400) return null;
  let problem: Problem = {};
  try {
    problem = JSON.parse(answer.getBody()) as Problem;
  } catch { /* no words came with it: the number alone is said */ }
  const found = refusalOf(status, problem);
  if (!(found instanceof Refused)) throw found;
  return found;
}

/** Tries a refused picture again, from its first byte. */
export async function retryPicture(store: Store, sha256: string): Promise<void> {
  const picture = await store.picture(sha256);
  if (picture) await store.keepPicture({ ...picture, upload: "", evidence: "", failed: "" });
}

/** Gives a refused picture up: the platform is told why, so that the visit says what is missing; then it leaves the phone.
    Gives whether it was given up; with no answer it stays. */
export async function giveUpPicture(store: Store, sha256: string, reason: string): Promise<boolean> {
  const picture = await store.picture(sha256);
  if (!picture) return true;
  const csrf = (await store.meta<string>("csrf")) ?? "";
  const body = JSON.stringify({ series: picture.series, sha256, reason: `${reason}${picture.failed ? ` (${picture.failed})` : ""}`.slice(0, 300) });
  try {
    await asked(`${API}/photos/given-up`, { method: "POST", body, headers: { "Content-Type": "application/json", "X-CSRFToken": csrf } });
  } catch (fault) {
    // The visit is not this person's to see any more, or knows no such picture: there is nobody left to tell.
    if (!(fault instanceof Refused) || ![404, 422].includes(fault.status)) return false;
  }
  await store.dropPicture(sha256);
  return true;
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
      const { csrf, me } = await fetchBundle(store);
      const skipped = new Set<string>();
      await sendVisits(store, csrf);
      told();
      while (await sendPicture(store, csrf, skipped)) {
        told();
        await sendVisits(store, csrf); // a visit finished meanwhile goes before the next picture
      }
      if (me.inspects === false) return "moved"; // what waited is sent; there is nothing to visit
      if ((await store.waiting()).length === 0) await fetchBundle(store);
      return "idle";
    } catch (fault) {
      if (fault instanceof SignedOut) return "signin";
      if (fault instanceof OtherPerson) return "other";
      if (fault instanceof Refused && fault.status === 403) {
        await store.keep("barred", fault.reasons); // the server's own words: why this person cannot send
        return "barred";
      }
      if (fault instanceof Refused) return "failed";
      return "offline";
    }
  });
  return outcome ?? "sending";
}
