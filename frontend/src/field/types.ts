/** What the field app keeps and sends. Names follow the API (/api/v1/field) and the records' format (docs/field-app.md). */
export type Both = { zh: string; en: string };
export type Place = { lng: string; lat: string; accuracy: number };
export type Answer = "ok" | "finding" | "na";
export type Party = "inspector" | "enterprise";

export type Item = {
  q: Both; wrong: Both; fix: Both; clause: Both; department: Both;
  days: number; prohibited: boolean; major: boolean; sure: boolean; risk?: { level: number; words: Both; event: string };
};
/** What all measures of sites' own risk trees have in common. */
export type Measures = { heading: Both; wrong: Both; clause: Both; sure: boolean; days: Record<string, number>; levels: Record<string, Both> };
/** A measure of the site itself: key, question, what puts it right, what it guards against, its grade. */
export type Own = [string, string, string, string, number];
export type Lists = { stamp: string; items: Record<string, Item>; measures?: Measures; purposes: [string, Both][] };
export type OpenDanger = { number: string; text: string; state: Both; due: string | null; major: boolean; item: string };
export type Site = {
  id: string; digest: string; name: string; address: string; lng: string | null; lat: string | null; trades: Both[];
  items: string[]; own?: Own[]; people: { name: string; title: string; phone: string }[];
  last: { ref: string; number: string; on: string; findings: number; wrong: string[] } | null;
  open: OpenDanger[]; open_all?: number;
  known?: string[]; // items with an open danger, those beyond the list of the most urgent too
};
export type Me = { account: string; person: string; name: string; post: string; party: string; orders: boolean; inspects?: boolean; notice: Both; language: string };
export type Shape = { type: string; coordinates: unknown };
/** Sites of the inspector that are not on the phone: due as well but of less risk, and not due yet. */
export type Left = { due: number; later: number };
export type Bundle = {
  now: string; csrf: string; me: Me; sites: Site[]; order: string; left?: Left; lists: Lists | null; map: { features: Shape[] } | null;
};

export type RecordBody = {
  v: 1; series: string; seq: number; kind: string; at: string; place: Place | null; data: Record<string, unknown>; previous: string;
};
export type Sealed = { body: RecordBody; sha256: string };

/** Words under way, by item: on the disk as they are typed, sealed when the field is left. */
export type Typed = Record<string, string>;
export type Budget = { writing: number; keys: number };
export type Draft = { series: string; site: string; siteName: string; purpose: string; records: Sealed[]; budget: Budget; begunAt: number; typed?: Typed };
export type Result = {
  series: string; ok: boolean; code?: string; reasons?: Both[]; id?: string; number?: string; url?: string; repeated?: boolean;
  dangers?: Record<string, { id: string; number: string; known: boolean }>; documents?: { key: string; words: Both; url: string }[]; notes?: Both[];
};
export type Waiting = { series: string; site: string; siteName: string; seq: number; at: number; findings: number; records: Sealed[]; refused: Both[] | null };
export type Sent = { series: string; site: string; siteName: string; at: number; findings: number; result: Result; cost: Cost };
export type Cost = { site: number; writing: number; keys: number; signatures: number; documents: number; fixed?: number };
export type Picture = {
  sha256: string; series: string; item: string; blob: Blob; at: string; place: Place | null; upload: string; evidence: string; failed: string;
};
