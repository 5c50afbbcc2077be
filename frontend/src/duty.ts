/** The telephone of whoever is on duty: it renews itself when alarms come, rings and buzzes once switched on, and says so aloud. */
import htmx from "htmx.org";
import { Bell } from "./wall-bell";
import type { Row } from "./wall-rows";

function known(root: ParentNode): Map<string, HTMLElement> {
  return new Map([...root.querySelectorAll<HTMLElement>("[data-alarm]")].map((card) => [card.dataset["alarm"] ?? "", card]));
}

const ANYWAY = 60_000;

/** Fetches the cards anew, unless somebody is filling one in: then the next change does. */
function renew(): void {
  const root = document.getElementById("duty-now");
  if (!root || document.hidden || root.querySelector(".duty-more :checked, .duty-more textarea:focus, form[data-sent]")) return;
  void htmx.ajax("get", location.pathname, { target: root, swap: "outerHTML", select: "#duty-now" });
}

export function startDuty(): void {
  const root = document.querySelector<HTMLElement>("[data-duty]:not([data-ready])");
  if (!root) return;
  root.dataset["ready"] = "true";
  const voice = document.querySelector<HTMLElement>("[data-duty-says]");
  if (!voice || voice.dataset["heard"]) return;
  voice.dataset["heard"] = "true";
  const bell = new Bell(voice, document.querySelector<HTMLButtonElement>("[data-duty-sound]"));
  document.body.addEventListener("rows:alarms", renew);
  setInterval(renew, ANYWAY);
  let before = new Set(known(document).keys());
  document.addEventListener("htmx:afterSwap", () => {
    const now = known(document);
    const news = [...now].filter(([id]) => !before.has(id)).map(([, card]) => card);
    before = new Set(now.keys());
    const first = news[0];
    if (!first) return;
    const worst = { name: first.dataset["name"] ?? "", kind: "", firm: "", rank: news.some((card) => card.classList.contains("critical")) ? 3 : 2 };
    bell.ring(news.length, worst as Row);
  });
}
