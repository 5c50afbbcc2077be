/** Choosing rows of a list for one act on many: a bar at the foot says how many are chosen. The choice stays on the page. */
const PICK = "input[data-pick]";

export function chosen(root: ParentNode): HTMLInputElement[] {
  return [...root.querySelectorAll<HTMLInputElement>(`${PICK}:checked`)].filter((box) => !box.matches("[data-pick=all]"));
}

export function draw(root: ParentNode): void {
  const bar = root.querySelector<HTMLElement>("[data-pick-bar]");
  if (!bar) return;
  const count = chosen(root).length;
  bar.hidden = count === 0;
  const number = bar.querySelector("[data-pick-count]");
  if (number) number.textContent = String(count);
  const all = root.querySelector<HTMLInputElement>("input[data-pick=all]");
  if (!all) return;
  const boxes = root.querySelectorAll(`${PICK}:not([data-pick=all])`).length;
  all.checked = boxes > 0 && count === boxes;
  all.indeterminate = count > 0 && count < boxes;
}

export function startPicking(): void {
  // In the capturing phase: a tick is no change of the filter form the rows stand in.
  document.addEventListener(
    "change",
    (event) => {
      const box = event.target;
      if (!(box instanceof HTMLInputElement) || !box.matches(PICK)) return;
      event.stopPropagation();
      if (box.matches("[data-pick=all]")) {
        for (const other of document.querySelectorAll<HTMLInputElement>(PICK)) other.checked = box.checked;
      }
      draw(document);
    },
    true,
  );
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-pick-none]")) return;
    for (const box of document.querySelectorAll<HTMLInputElement>(PICK)) box.checked = false;
    draw(document);
  });
  document.addEventListener("htmx:afterSwap", () => {
    const query = document.querySelector<HTMLInputElement>("[data-view-query]");
    if (query) query.value = location.search.slice(1);
    draw(document);
  });
}
