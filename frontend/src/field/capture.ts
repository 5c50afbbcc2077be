/** Capturing within a visit: every tap is sealed and on the disk before it shows. Taps are taken one after the other. */
import type { App } from "./app";
import { shrink } from "../shrink";
import { append, digest } from "./seal";
import { Overtaken, StorageFull } from "./store";
import type { Draft, Typed } from "./types";
import { tell } from "./ui";
import { answersOf, dayAfter, unsealed } from "./visit";
import { say } from "./words";

export class Capture {
  private line: Promise<unknown> = Promise.resolve();
  private focused = 0;
  private under = 0;
  private isFull = false;
  private isOver = false;
  private typing: Promise<boolean> | null = null;
  /** One object for this and every later draft: words typed while a tap is sealed are not left behind. */
  private readonly words: Typed;
  /** What the screen does when the disk is behind the hand, and when it has caught up. */
  told: (isKept: boolean) => void = () => undefined;

  constructor(readonly app: App, public draft: Draft) {
    this.words = draft.typed ??= {};
  }

  /** One record more; gives false when the phone is full, and then nothing was changed. */
  add(kind: string, data: Record<string, unknown>): Promise<boolean> {
    return this.after(async () => {
      const { draft } = this;
      const records = await append(draft.records, draft.series, kind, data, this.app.here(), new Date());
      return this.kept({ ...draft, records }, "fullText");
    });
  }

  /** A picture: first on the disk, then named in the chain, so that no record names what is not there. */
  picture(item: string, blob: Blob, name: { kind: string; data: Record<string, unknown> }): Promise<boolean> {
    return this.after(async () => {
      const { draft, app } = this;
      const sha256 = await digest(await blob.arrayBuffer());
      const now = new Date();
      try {
        if (!(await app.store.picture(sha256))) {
          await app.store.keepPicture({ sha256, series: draft.series, item, blob, at: now.toISOString(), place: app.here(), upload: "", evidence: "", failed: "" });
        }
      } catch (fault) {
        return full(fault, "full");
      }
      const records = await append(draft.records, draft.series, name.kind, { ...name.data, sha256, size: blob.size }, app.here(), now);
      const kept = await this.kept({ ...draft, records }, "fullText");
      app.recountSoon(); // an answer adds nothing to what is counted; a picture does
      return kept;
    });
  }

  async photo(item: string, file: File, kind: "photo" | "fixed" = "photo"): Promise<boolean> {
    return this.picture(item, await shrink(file), { kind, data: { item } });
  }

  /** Words as they are typed: on the disk before the next tap, so that a killed page loses none of them. What came while
      one writing waited for its turn goes with it. */
  type(item: string, text: string): void {
    this.words[item] = text;
    this.typing ??= this.after(() => {
      this.typing = null;
      return this.kept(this.draft, "fullText");
    });
  }
  /** New words of a finding, or a new day; the rest stays as it is sealed by then. Sealed, its words under way are at rest. */
  finding(item: string, change: { note?: string; rectifyBy?: string }): Promise<boolean> {
    return this.after(async () => {
      const { draft } = this;
      const given = answersOf(draft.records).get(item);
      if (given?.answer !== "finding") return true; // answered otherwise meanwhile
      const { note, rectifyBy } = { ...given, ...change };
      if (note !== given.note || rectifyBy !== given.rectifyBy) {
        const data = { item, answer: "finding", note, rectify_by: rectifyBy, day: dayAfter(this.app.now(), 0) };
        const records = await append(draft.records, draft.series, "answer", data, this.app.here(), new Date());
        if (!(await this.kept({ ...draft, records }, "fullText"))) return false;
      }
      if (this.words[item]?.trim() === note) delete this.words[item];
      return true;
    });
  }
  /** Seals the words that were still under way; gives false when the phone is full, and then they stay under way. */
  async settle(): Promise<boolean> {
    for (const { item, note } of unsealed(this.draft)) if (!(await this.finding(item, { note }))) return false;
    return true;
  }

  /** Keys pressed and seconds spent in fields of text: the paperwork, not the looking. */
  watch(field: HTMLElement): void {
    field.addEventListener("focusin", () => { this.focused = performance.now(); });
    field.addEventListener("focusout", () => void this.write());
    field.addEventListener("input", (event) => {
      const typed = (event as InputEvent).data;
      this.draft.budget.keys += typed && typed.length > 1 ? typed.length : 1;
    });
  }
  spent(seconds: number): void { this.draft.budget.writing += seconds; }
  write(): Promise<boolean> {
    if (this.focused) this.spent((performance.now() - this.focused) / 1000);
    this.focused = 0;
    return this.after(() => this.kept(this.draft, "fullText"));
  }

  /** Seals once what is thrown away: the first seal of a fresh page is the slow one. No tap waits for it. */
  warm(): void {
    const { draft } = this;
    void append(draft.records, draft.series, "answer", { item: "", answer: "ok" }, null, new Date());
  }

  after<T>(work: () => Promise<T>): Promise<T> {
    const next = this.line.then(work, work);
    this.under += 1;
    this.told(false);
    this.line = next.catch(() => undefined).then(() => {
      this.under -= 1;
      this.told(this.under === 0 && !this.isFull);
    });
    return next;
  }

  private async kept(draft: Draft, otherwise: "full" | "fullText"): Promise<boolean> {
    if (this.isOver) return false; // what waited its turn would be written upon what this window has never seen
    try {
      await this.app.store.keepDraft(draft);
    } catch (fault) {
      this.isFull = true;
      return fault instanceof Overtaken ? this.readAnew() : full(fault, otherwise);
    }
    this.isFull = false;
    this.draft = draft;
    return true;
  }

  /** Another window has gone further with the visit: what it did is read, with the words typed here. */
  async readAnew(): Promise<false> {
    this.isOver = true;
    document.body.inert = true; // what is typed from here on would go with the page
    await this.app.store.keepWords(this.draft).catch(() => undefined);
    location.reload();
    return false;
  }
}

function full(fault: unknown, word: "full" | "fullText"): false {
  if (!(fault instanceof StorageFull)) throw fault;
  tell(say(word), "bad");
  return false;
}
