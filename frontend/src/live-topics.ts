/** What a page listens to, and how long to wait before listening again. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

export function pauseAfter(failures: number, chance: () => number = Math.random): number {
  const base = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, failures - 1));
  return base * (0.75 + chance() * 0.5);
}

export function topicsOf(root: ParentNode): string[] {
  const topics = [...root.querySelectorAll<HTMLElement>("[data-live]")].flatMap((element) =>
    (element.dataset["live"] ?? "").split(/\s+/).filter(Boolean),
  );
  return [...new Set(topics)].sort();
}

/** The topic an event speaks of: its own name, or the `topic` in its JSON body. */
export function topicOf(name: string, body: string): string | null {
  if (name !== "message") return name;
  try {
    const said: unknown = JSON.parse(body);
    if (typeof said === "object" && said !== null && "topic" in said) return String(said.topic);
  } catch {
    return body.trim() || null;
  }
  return null;
}

/** Where a row of a list stands and in which level; null once it stands no more. */
export type Sign = { id: string; at: [number, number] | null; level: number | null };

/** What an event tells of the rows it is about; null where it tells of none, and all may have changed. */
export function signsOf(body: string): Sign[] | null {
  try {
    const said: unknown = JSON.parse(body);
    if (typeof said === "object" && said !== null && "signs" in said && Array.isArray(said.signs)) return said.signs as Sign[];
  } catch {
    return null;
  }
  return null;
}
