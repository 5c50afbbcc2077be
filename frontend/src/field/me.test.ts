import { beforeEach, expect, it, vi } from "vitest";
import type { App } from "./app";
import { signOut } from "./screens/me";
import { currentAccount, noteUnsent, setAccount } from "./store";

const dropped = vi.fn();

function app(unsent = 0): App {
  return { unsent, recount: async () => undefined, store: { account: "me", meta: async () => "c", close: () => undefined } } as unknown as App;
}
const said = () => document.querySelector(".field-toast")?.textContent ?? "";
const isStillIn = () => currentAccount() === "me" && dropped.mock.calls.length === 0;

beforeEach(() => {
  localStorage.clear();
  document.body.replaceChildren();
  dropped.mockReset();
  vi.stubGlobal("indexedDB", { deleteDatabase: dropped });
  vi.stubGlobal("location", { protocol: "http:", hash: "", href: "" });
  vi.stubGlobal("fetch", vi.fn(async () => new Response("")));
  setAccount("me");
});

it("clears the phone once the server has ended the session", async () => {
  await signOut(app());
  expect(dropped).toHaveBeenCalledWith("anlan-field-me");
  expect(currentAccount()).toBe("");
  expect(location.href).toContain("/sign-in");
});

it.each<[string, () => Promise<Response>, RegExp]>([
  ["no network", async () => { throw new TypeError(); }, /没有网络/],
  ["items wait", async () => new Response("", { status: 409 }), /没有发送/],
  ["the token is stale", async () => new Response("", { status: 403 }), /403/],
])("clears nothing where the session lives on: %s", async (_, answer, words) => {
  vi.stubGlobal("fetch", vi.fn(answer));
  await signOut(app());
  expect(isStillIn()).toBe(true);
  expect(said()).toMatch(words);
  expect(location.href).toBe("");
});

it("is refused while anything of anybody waits on this phone", async () => {
  await signOut(app(2));
  expect(said()).toContain("2");
  noteUnsent("other", "李四", 3);
  await signOut(app());
  expect(said()).toMatch(/李四.*3/);
  expect(isStillIn()).toBe(true);
  expect(fetch).not.toHaveBeenCalled();
});
