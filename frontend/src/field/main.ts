/** The field app: opens from the phone alone, shows the screen its address names, sends when it can. */
import "./field.css";
import { App } from "./app";
import { refresh } from "./frame";
import { currentAccount, noteUnsent, setAccount, Store } from "./store";
import { fetchBundle } from "./sync";
import { applyTheme, meScreen } from "./screens/me";
import { mapScreen } from "./screens/map";
import { signScreen } from "./screens/sign";
import { siteScreen } from "./screens/site";
import { today } from "./screens/today";
import { doneScreen, unsentScreen } from "./screens/unsent";
import { visitScreen } from "./screens/visit";
import { h, icon, show } from "./ui";
import { say, setEnglish } from "./words";

const SCREENS: Record<string, (app: App, id: string) => Promise<void>> = {
  "": today, map: mapScreen, unsent: unsentScreen, me: meScreen, site: siteScreen, visit: visitScreen, sign: signScreen, done: doneScreen,
};

/** What shows the queue: the line that says how sending goes, the tab with the count. */
const QUEUE = '.field-status, [href="#/unsent"]';

async function route(app: App): Promise<void> {
  const [name = "", id = ""] = location.hash.replace(/^#\/?/, "").split("/");
  app.screen = null;
  await (SCREENS[name] ?? today)(app, id);
  refresh(app);
  scrollTo(0, 0);
}

/** Whose phone it is: the account used last, or whoever is signed in. With neither there is nothing to open. */
async function entered(): Promise<Store | null> {
  const known = currentAccount();
  if (known) return Store.open(known);
  welcome(say("fetching"), false);
  try {
    const bundle = await fetchBundle(null);
    setAccount(bundle.me.account);
    const store = await Store.open(bundle.me.account);
    await store.take(bundle);
    await store.keep("offset", Math.round((Date.parse(bundle.now) - Date.now()) / 1000));
    if (!localStorage.getItem("anlan-field-language")) setEnglish(bundle.me.language.startsWith("en"));
    return store;
  } catch (fault) {
    welcome((fault as { status?: number }).status === 403 ? say("notInspector") : say("welcome"), true);
    return null;
  }
}

function welcome(words: string, withDoor: boolean): void {
  show(h("main", { class: "field-page field-welcome" }, icon("clipboard-list"), h("h1", {}, say("title")), h("p", {}, words),
    withDoor && h("a", { class: "field-button primary wide", href: "/sign-in?next=/field/" }, say("signinDo"))));
}

/** Somebody else signed in on this phone: theirs is opened, the first person's queue stays untouched in its own place. */
async function changeHands(app: App): Promise<boolean> {
  if (app.state !== "other") return false;
  const bundle = await fetchBundle(null).catch(() => null);
  if (!bundle || bundle.me.account === app.store.account) return false;
  noteUnsent(app.store.account, app.person, app.unsent);
  setAccount(bundle.me.account);
  const store = await Store.open(bundle.me.account);
  await store.take(bundle);
  if (/^#\/(site|visit|sign|done)/.test(location.hash)) location.hash = "#/"; // that was the other person's
  location.reload();
  return true;
}

async function start(): Promise<void> {
  const chosen = localStorage.getItem("anlan-field-language");
  setEnglish(chosen ? chosen === "en" : !navigator.language.toLowerCase().startsWith("zh"));
  applyTheme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
  if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/field/worker.js", { scope: "/field/" }).catch(() => undefined);
  const store = await entered();
  if (!store) return;
  const app = new App(store);
  app.person = (await store.me())?.name ?? "";
  app.watch(() => { refresh(app); void changeHands(app); });
  await app.recount();
  await route(app);
  document.body.dataset["ready"] = "";
  addEventListener("hashchange", () => void route(app));
  addEventListener("online", () => app.sync());
  addEventListener("offline", () => app.sync());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) app.sync(); });
  addEventListener("focus", () => app.stir());
  addEventListener("pageshow", () => app.stir());
  // After the tap has done what it is for: drawing anew takes nothing away from under the finger.
  document.addEventListener("click", (event) => {
    if (location.hash === "#/unsent" || (event.target as Element).closest?.(QUEUE)) app.stir();
  });
  navigator.serviceWorker?.addEventListener("message", (event) => { if (event.data === "send") app.sync(); });
  app.sync();
}

void start();
