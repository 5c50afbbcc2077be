/** What the server tells of the wall, and what follows from it without a page: kept apart so that it can be tried alone. */
export interface Row {
  id: string; number: string; name: string; kind: string; level: string; rank: number; levelWords: string; state: string; stateWords: string;
  active: boolean; times: number; value: string; bound: string; unit: string; at: number; due: number | null; firm: string; where: string;
  sensor: string; plant: string; version: number;
}

export interface Now {
  at: number;
  counts: Record<string, number>;
  total: number;
  fresh: number;
  flood: { norm: number; minutes: number[]; ten: number; firms: { id: string; name: string; n: number }[]; more: number };
  rows: Row[];
  hot: [string, number, number][];
}

export interface Plant {
  id: string; kind: string; name: string; firm: string; grade: number; gradeWords: string; at: [number, number];
}

/** What a row looks like, in one text: only a row whose text changed is drawn anew. */
export function signature(row: Row): string {
  const late = row.due !== null && row.due < Date.now();
  return [row.version, row.state, row.active, row.times, row.value, row.level, late].join("|");
}

/** The gravest of the alarms newer than the newest one seen before; null where none of the rows drawn is. */
export function fresh(now: Now, seen: number): { worst: Row | null } {
  const newer = now.rows.filter((row) => row.at > seen);
  return { worst: newer.reduce<Row | null>((worst, row) => (worst === null || row.rank > worst.rank ? row : worst), null) };
}

/** The heights of the last minutes in per cent of the highest. */
export function minuteBars(minutes: number[]): number[] {
  const most = Math.max(1, ...minutes);
  return minutes.map((n) => Math.round((n / most) * 100));
}

/** What is read out: how many came, and the gravest of them. */
export function summary(count: number, worst: Row | null, words: { news: string; worst: string }): string {
  const head = `${count} ${words.news}`;
  return worst ? `${head}. ${words.worst}: ${worst.name} ${worst.kind}, ${worst.firm}` : head;
}
