/** One visit as its records tell it: pure, so that what is shown is always what was sealed. */
import type { Answer, Cost, Draft, Item, Lists, Party, Sealed, Site } from "./types";

/** Whether a danger found by an item is open at a site already. */
export function isKnown(site: Site, key: string): boolean {
  return site.known?.includes(key) ?? site.open.some((one) => one.item === key);
}

export type Finding = { item: string; note: string; rectifyBy: string; fixed: boolean };

/** What a key asks at a site: an item of the lists, or a measure of the site's own risk tree. */
export function itemOf(lists: Lists, site: Site, key: string): Item | null {
  const listed = lists.items[key];
  if (listed) return listed;
  const own = site.own?.find(([name]) => name === key);
  if (!own || !lists.measures) return null;
  const [, asked, fix, event, level] = own;
  const { heading, wrong, clause, sure, days, levels } = lists.measures;
  return {
    q: { zh: asked, en: asked }, fix: { zh: fix, en: fix }, department: heading, clause, sure, prohibited: false, major: false,
    wrong: { zh: wrong.zh.replace("{what}", asked), en: wrong.en.replace("{what}", asked) },
    days: days[level] ?? 0, risk: { level, words: levels[level] ?? heading, event },
  };
}

export function answersOf(records: readonly Sealed[]): Map<string, { answer: Answer; note: string; rectifyBy: string }> {
  const found = new Map<string, { answer: Answer; note: string; rectifyBy: string }>();
  for (const { body } of records) {
    if (body.kind !== "answer") continue;
    const { item, answer, note, rectify_by } = body.data as { item: string; answer: Answer; note?: string; rectify_by?: string };
    found.set(item, { answer, note: note ?? "", rectifyBy: rectify_by ?? "" });
  }
  return found;
}

export function photosOf(records: readonly Sealed[], item: string): string[] {
  return records.filter(({ body }) => body.kind === "photo" && body.data["item"] === item).map(({ body }) => String(body.data["sha256"]));
}

/** What was put right before the inspector's eyes, with its second photo; what is no finding after all was not put right. */
export function fixedIn(records: readonly Sealed[]): Set<string> {
  const found = new Set<string>();
  for (const { body } of records) {
    const item = String(body.data["item"]);
    if (body.kind === "answer" && body.data["answer"] !== "finding") found.delete(item);
    if (body.kind === "fixed") found.add(item);
  }
  return found;
}

type Signing = { said: Map<Party, "signed" | "refused">; overtaken: Set<Party> };
const CONTENT = new Set(["answer", "photo", "fixed"]);

/** Who signed or refused to sign what now stands there, the last word of each; and whose word came before the last change.
    The server reads it by the same rules (domains/inspections/sheets.py). */
function signing(records: readonly Sealed[]): Signing {
  const [said, overtaken] = [new Map<Party, "signed" | "refused">(), new Set<Party>()];
  const word = (party: Party, kind: "signed" | "refused") => { said.set(party, kind); overtaken.delete(party); };
  for (const { body: { kind, data } } of records) {
    if (CONTENT.has(kind)) {
      for (const party of said.keys()) overtaken.add(party);
      said.clear();
    } else if (kind === "signature") word(data["party"] as Party, "signed");
    else if (kind !== "note") continue;
    else if (data["text"] === "refused_to_sign") word("enterprise", "refused");
    else if (data["text"] === "refusal_taken_back" && said.get("enterprise") === "refused") said.delete("enterprise");
    else if (data["text"] === "signed_anew" && said.get(data["party"] as Party) === "signed") said.delete(data["party"] as Party);
  }
  return { said, overtaken };
}

export function signedBy(records: readonly Sealed[]): Set<Party> {
  return new Set([...signing(records).said].filter(([, word]) => word === "signed").map(([party]) => party));
}

export function refusedToSign(records: readonly Sealed[]): boolean {
  return signing(records).said.get("enterprise") === "refused";
}

/** Whose signature (or refusal) the content has gone beyond: they sign again. */
export function overtakenOf(records: readonly Sealed[]): Set<Party> { return signing(records).overtaken; }

/** What was typed about findings and is not sealed yet: the page was killed, or left, with the finger still in the field. */
export function unsealed({ records, typed = {} }: Draft): Finding[] {
  return findingsOf(records).flatMap((one) => {
    const note = typed[one.item]?.trim() ?? one.note;
    return note === one.note ? [] : [{ ...one, note }];
  });
}

export function findingsOf(records: readonly Sealed[]): Finding[] {
  const fixed = fixedIn(records);
  return [...answersOf(records)].filter(([, one]) => one.answer === "finding").map(([item, one]) => ({ item, note: one.note, rectifyBy: one.rectifyBy, fixed: fixed.has(item) }));
}

export function unanswered(records: readonly Sealed[], items: readonly string[]): string[] {
  const known = answersOf(records);
  return items.filter((item) => !known.has(item));
}

/** What the paperwork cost so far: seconds on site and writing, keys, signatures, papers. */
export function costOf(draft: Draft, now: number): Cost {
  const signatures = signedBy(draft.records).size;
  const findings = findingsOf(draft.records);
  return {
    site: counted((now - draft.begunAt) / 1000),
    writing: counted(draft.budget.writing),
    keys: counted(draft.budget.keys),
    signatures,
    documents: findings.some((one) => !one.fixed) ? 2 : 1, // what was put right at once needs no notice
    fixed: findings.filter((one) => one.fixed).length,
  };
}

/** A whole number as a record takes it; a clock that jumped makes no nonsense of it. */
function counted(value: number): number {
  return Math.min(999_999, Math.max(0, Math.round(value)));
}

/** A day some days after another, as a date of the calendar in the city's own time. */
export function dayAfter(from: Date, days: number): string {
  const there = new Date(from.getTime() + 8 * 3_600_000);
  there.setUTCDate(there.getUTCDate() + days);
  return there.toISOString().slice(0, 10);
}
