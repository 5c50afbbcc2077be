/** The one entry: small manners at once, heavy islands only where the page has a place for them. */
import "./style/main.css";
import htmx from "htmx.org";
import { askAhead } from "./ahead";
import { startClocks } from "./clocks";
import { startCreditCodes } from "./credit-code";
import { startDrafts } from "./drafts";
import { startForms } from "./form";
import { startColours } from "./four-colours";
import { startKeys } from "./keys";
import { startLive } from "./live";
import { answered, hasPicture, pictureSeen, startPictures } from "./map-first";
import { startPicking } from "./picking";
import { startShell, toast } from "./shell";
import { startTheme } from "./theme";
import { startWorksheet } from "./worksheet";
import { say } from "./words";

const MAP_FIRST = 1500; // milliseconds that a map may keep the rest waiting

htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;
htmx.config.defaultSettleDelay = 0;

function startIslands(root: ParentNode): void {
  startCreditCodes(root);
  startWorksheet(root);
  if (root.querySelector("[data-map]:not([data-ready])")) {
    startPictures(root);
    askAhead(root);
    void pictureSeen(root).then(() => import("./map")).then(async (island) => { await answered(); island.startMaps(); });
  }
  if (root.querySelector("[data-chart]:not([data-ready])")) void import("./charts").then((island) => island.startCharts());
  if (root.querySelector("[data-wall]:not([data-ready])")) void import("./wall").then((island) => island.startWalls());
  if (root.querySelector("[data-duty]:not([data-ready])")) void import("./duty").then((island) => island.startDuty());
  if (root.querySelector("[data-line]:not([data-ready])")) void import("./line").then((island) => island.startLines());
  if (root.querySelector("form[data-plan]:not([data-ready])")) void import("./plan").then((island) => island.startPlans());
  if (root.querySelector("[data-photos]:not([data-ready])")) void import("./photos").then((island) => island.startPhotos());
}

/** Resolves when the map has taken the place of its picture, or when it keeps the rest waiting too long. */
function mapIsWhole(): Promise<unknown> {
  return new Promise((done) => {
    document.addEventListener("anlan:map-whole", done, { once: true });
    window.setTimeout(done, MAP_FIRST);
  });
}

/** What waits until a picture that came with the page is on the screen and answers, and until its map has its turn. */
async function startRest(): Promise<void> {
  askAhead(document);
  await pictureSeen(document);
  startIslands(document);
  if (hasPicture(document)) await mapIsWhole();
  startDrafts();
  startForms();
  startKeys();
  startPicking();
  startClocks();
  startLive();
  startColours();
}

startTheme();
startShell();
startPictures(document);
void startRest();
document.addEventListener("htmx:afterSwap", () => startIslands(document));
document.addEventListener("click", (event) => {
  if ((event.target as Element).closest("[data-print]")) print();
});

// A part that could not be fetched is said, never left silent.
document.addEventListener("htmx:sendError", () => toast(say("noAnswer"), { words: say("retry"), does: () => location.reload() }));
document.addEventListener("htmx:responseError", (event) => {
  const status = String((event as CustomEvent<{ xhr?: XMLHttpRequest }>).detail.xhr?.status ?? "");
  toast(`${say("refused")} ${status}`, { words: say("reload"), does: () => location.reload() });
});
