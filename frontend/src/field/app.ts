/** What every screen needs: the person's store, the state of sending, the way to another screen. */
import { currentAccount, Store } from "./store";
import { synchronise, tally, type State } from "./sync";
import { say } from "./words";
import type { Place } from "./types";

export type Counts = { visits: number; photos: number; drafts: number };
const AGAIN = [5_000, 15_000, 30_000, 60_000, 120_000];
const ELSEWHERE = 2_000;
/** At most so often does the person's hand begin a new attempt. */
export const STIRRED_APART = 3_000;
const FRESH_PLACE = 120_000;

export class App {
  state: State = "idle";
  counts: Counts = { visits: 0, photos: 0, drafts: 0 };
  person = "";
  /** Why the server lets this person send nothing, in its words. */
  why = "";
  /** By how many seconds the server's clock is ahead of this phone's, as measured last. */
  offset = 0;
  /** What the present screen does when something was sent or came in; every screen begins without. */
  screen: (() => void) | null = null;
  private place: { at: number; found: Place } | null = null;
  private timer = 0;
  private counting = 0;
  private failures = 0;
  private tried = -STIRRED_APART;
  private readonly watchers = new Set<() => void>();

  constructor(readonly store: Store) {}

  /** Sends in the background; never waited for by a tap. */
  sync(): void {
    window.clearTimeout(this.timer);
    if (currentAccount() !== this.store.account) return;
    if (navigator.onLine) this.attempt();
    else this.become("offline");
    void navigator.serviceWorker?.ready.then((ready) => (ready as ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }).sync?.register("send")).catch(() => undefined);
  }

  /** The person is here and looks: what waits for its time after a failure is tried now, for no event may say that the network
      is back, and the phone may be wrong about having none. Touched sooner than that again, it is tried when the time is up. */
  stir(): void {
    if (currentAccount() !== this.store.account || !["offline", "failed"].includes(this.state)) return;
    const wait = this.tried + STIRRED_APART - performance.now();
    window.clearTimeout(this.timer);
    if (wait <= 0) this.attempt();
    else this.timer = window.setTimeout(() => this.attempt(), wait);
  }

  /** Whoever waited for this moment may have left the phone to somebody else meanwhile. */
  private attempt(): void {
    if (currentAccount() !== this.store.account) return;
    this.tried = performance.now();
    this.become("sending");
    void synchronise(this.store, () => void this.recount()).then(async (state) => {
      await this.recount();
      this.why = (await this.store.meta<string>("barred")) ?? "";
      this.become(state);
      const isFailure = state === "offline" || state === "failed";
      this.failures = isFailure ? this.failures + 1 : 0;
      if (isFailure) this.timer = window.setTimeout(() => this.sync(), AGAIN[Math.min(this.failures, AGAIN.length) - 1]);
      // Another window or the worker sends just now, and may end before it is through: look again.
      if (state === "sending") this.timer = window.setTimeout(() => this.sync(), ELSEWHERE);
    });
  }

  async recount(): Promise<void> {
    [this.counts, this.offset] = await Promise.all([tally(this.store), this.store.offset()]);
    this.changed();
  }
  /** Counts anew once the hand rests; many pictures in a row are counted once. */
  recountSoon(): void {
    window.clearTimeout(this.counting);
    this.counting = window.setTimeout(() => void this.recount(), 150);
  }
  /** What time it is by the server's clock: days of the calendar are counted from here. What is sealed keeps the phone's own. */
  now(): Date { return new Date(Date.now() + this.offset * 1000); }
  get unsent(): number { return this.counts.visits + this.counts.photos + this.counts.drafts; }

  private become(state: State): void {
    this.state = state;
    this.changed();
  }
  watch(watcher: () => void): void { this.watchers.add(watcher); }
  private changed(): void {
    for (const watcher of this.watchers) watcher();
    this.screen?.();
  }

  stateWords(): string {
    if (this.state === "barred") return say("barred", { why: this.why });
    if (this.state === "other") return say("other", { name: this.person });
    if (this.state === "sending" && this.counts.visits + this.counts.photos === 0) return say("updating");
    return this.state === "idle" ? "" : say(this.state);
  }

  /** The last known place, asked for beforehand, so that no tap waits for a satellite. */
  here(): Place | null { return this.place && Date.now() - this.place.at < FRESH_PLACE ? this.place.found : null; }
  locate(): void {
    navigator.geolocation?.getCurrentPosition(({ coords }) => {
      this.place = { at: Date.now(), found: { lng: coords.longitude.toFixed(6), lat: coords.latitude.toFixed(6), accuracy: Math.min(1_000_000, Math.round(coords.accuracy)) } };
      this.changed();
    }, () => undefined, { enableHighAccuracy: true, maximumAge: 30_000, timeout: 20_000 });
  }
}
