/** Lists by keyboard: j and k move, enter opens, x picks, / searches, ? is left to the browser. */
function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-rows] [data-row]")];
}

function moveTo(row: HTMLElement | undefined): void {
  if (!row) return;
  for (const other of rows()) other.classList.toggle("at", other === row);
  const link = row.querySelector<HTMLElement>("a[href]");
  link?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

export function nextIndex(current: number, step: number, length: number): number {
  if (length === 0) return -1;
  if (current < 0) return step > 0 ? 0 : length - 1;
  return Math.min(length - 1, Math.max(0, current + step));
}

function press(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const all = rows();
  const current = all.findIndex((row) => row.classList.contains("at"));
  if (event.key === "j") moveTo(all[nextIndex(current, 1, all.length)]);
  else if (event.key === "k") moveTo(all[nextIndex(current, -1, all.length)]);
  else if (event.key === "x" && current >= 0) all[current]?.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
  else if (event.key === "/") {
    const search = document.querySelector<HTMLInputElement>("input[data-search-here]") ?? document.querySelector<HTMLInputElement>("input[data-search-all]");
    if (!search) return;
    search.focus();
    search.select();
  } else return;
  event.preventDefault();
}

export function startKeys(): void {
  document.addEventListener("keydown", press);
}
