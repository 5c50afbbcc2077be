import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { App, STIRRED_APART } from "./app";
import { setAccount, type Store } from "./store";
import { synchronise, type State } from "./sync";

vi.mock("./sync", () => ({ synchronise: vi.fn(), tally: vi.fn(async () => ({ visits: 1, photos: 0, drafts: 0 })) }));

let outcome: State;
const store = { account: "me", offset: async () => 0, meta: async () => undefined } as unknown as Store;
const tries = () => vi.mocked(synchronise).mock.calls.length;
const passes = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

/** An app that has failed so often that its next attempt lies two minutes ahead. */
async function tired(): Promise<App> {
  const app = new App(store);
  outcome = "offline";
  for (let n = 0; n < 6; n += 1) { app.sync(); await passes(0); }
  await passes(STIRRED_APART);
  expect(app.state).toBe("offline");
  vi.mocked(synchronise).mockClear();
  return app;
}

beforeEach(() => {
  vi.useFakeTimers();
  setAccount("me");
  vi.mocked(synchronise).mockReset().mockImplementation(async () => outcome);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the hand of the person who looks at the queue", () => {
  it("begins an attempt at once, long before the pause is over", async () => {
    const app = await tired();
    outcome = "idle";
    app.stir();
    await passes(0);
    expect([tries(), app.state]).toEqual([1, "idle"]);
  });
  it("begins no more than one in three seconds, and loses no touch", async () => {
    const app = await tired();
    for (let n = 0; n < 10; n += 1) { app.stir(); await passes(100); }
    expect(tries()).toBe(1);
    await passes(STIRRED_APART - 1_000);
    expect(tries()).toBe(2);
    await passes(1_000);
    expect(tries()).toBe(2);
  });
  it("tries although the phone believes that it has no network", async () => {
    const app = await tired();
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    app.stir();
    await passes(0);
    expect(tries()).toBe(1);
  });
  it("looks again at whose phone it is when a postponed attempt comes", async () => {
    const app = await tired();
    app.stir();
    app.stir();
    await passes(0);
    expect(tries()).toBe(1);
    setAccount("somebody else");
    await passes(STIRRED_APART);
    expect(tries()).toBe(1);
  });
  it("does nothing where nothing failed, and nothing for another person's queue", async () => {
    const app = await tired();
    outcome = "idle";
    app.sync();
    await passes(0);
    vi.mocked(synchronise).mockClear();
    app.stir();
    app.state = "offline";
    setAccount("somebody else");
    app.stir();
    await passes(STIRRED_APART);
    expect(tries()).toBe(0);
  });
});
