/** The shell's small manners: menus close, the side order opens on the phone, dialogs open from buttons. */
import { say } from "./words";

function closeMenus(except: Element | null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.drop[open]")) {
    if (!except || !menu.contains(except)) menu.open = false;
  }
}

function toggleSide(open: boolean): void {
  const side = document.getElementById("side");
  if (!side) return;
  side.classList.toggle("open", open);
  document.querySelector("[data-side-open]")?.setAttribute("aria-expanded", String(open));
  (open ? side.querySelector<HTMLElement>("a[href]") : document.querySelector<HTMLElement>("[data-side-open]"))?.focus();
}

function onClick(event: MouseEvent): void {
  const target = event.target as Element;
  closeMenus(target);
  if (target.closest("[data-side-open]")) { event.preventDefault(); toggleSide(true); }
  if (target.closest("[data-side-close]")) { event.preventDefault(); toggleSide(false); }
  const opener = target.closest<HTMLElement>("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset["dialog"] ?? "");
  if (dialog instanceof HTMLDialogElement) { event.preventDefault(); dialog.showModal(); }
  const closer = target.closest<HTMLElement>("[data-dialog-close]");
  if (closer) closer.closest("dialog")?.close();
  if (target.closest("[data-print]")) window.print();
}

/** Says a short thing without moving the focus; may carry one act. */
export function toast(words: string, act?: { words: string; does: () => void }): void {
  let place = document.querySelector<HTMLElement>(".toasts");
  if (!place) {
    place = document.createElement("div");
    place.className = "toasts";
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  const line = document.createElement("div");
  line.className = "toast-line";
  line.append(words);
  if (act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = act.words;
    button.addEventListener("click", () => { act.does(); line.remove(); });
    line.append(button);
  }
  place.append(line);
  window.setTimeout(() => line.remove(), 10_000);
}

function showUnsent(): void {
  const count = Number(sessionStorage.getItem("anlan-unsent") ?? "0");
  for (const sign of document.querySelectorAll<HTMLElement>("[data-unsent]")) {
    sign.hidden = count === 0;
    sign.textContent = String(count);
    sign.title = `${count} ${say("unsent")}`;
  }
}

export function startShell(): void {
  document.documentElement.classList.add("js");
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector<HTMLDetailsElement>("details.drop[open]");
    if (open) { open.open = false; open.querySelector("summary")?.focus(); }
    if (document.querySelector(".side.open")) toggleSide(false);
  });
  for (const fold of document.querySelectorAll<HTMLDetailsElement>("details[data-fold-below]")) {
    if (matchMedia(`(max-width: ${Number(fold.dataset["foldBelow"])}px)`).matches) fold.open = false;
  }
  for (const here of document.querySelectorAll(".diagram-scroll .here")) {
    const box = here.closest<HTMLElement>(".diagram-scroll");
    if (box) box.scrollLeft = here.getBoundingClientRect().left - box.getBoundingClientRect().left - box.clientWidth / 2 + 75;
  }
  showUnsent();
  document.addEventListener("anlan:unsent", showUnsent);
}
