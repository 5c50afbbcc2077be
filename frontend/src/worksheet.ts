/** The worksheet grid: arrows and Enter move between cells, a table pasted from a spreadsheet fills cells from here on. */

export function cellsOf(text: string): string[][] {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
  return lines.map((line) => line.split("\t").map((cell) => cell.trim()));
}

function rowsOf(grid: HTMLTableElement): HTMLTableRowElement[] {
  return [...(grid.tBodies[0]?.rows ?? [])];
}

function inputsOf(row: HTMLTableRowElement): HTMLInputElement[] {
  return [...row.querySelectorAll<HTMLInputElement>("input")];
}

/** Add a row like the last one, empty, under the next number; nothing once the sheet is full. */
export function addRow(grid: HTMLTableElement): HTMLTableRowElement | undefined {
  const rows = rowsOf(grid);
  const last = rows.at(-1);
  if (!last || rows.length >= Number(grid.dataset["most"] ?? 0)) return undefined;
  const row = last.cloneNode(true) as HTMLTableRowElement;
  const number = String(rows.length + 1);
  const head = row.querySelector("th");
  if (head) head.textContent = number;
  for (const input of inputsOf(row)) {
    const column = input.closest("td")?.dataset["column"] ?? "";
    input.name = `${number}-${column}`;
    input.setAttribute("aria-label", `${grid.querySelector(`th[data-column="${column}"]`)?.textContent ?? column} ${number}`);
    input.removeAttribute("aria-invalid");
    input.value = "";
  }
  last.after(row);
  return row;
}

export function paste(grid: HTMLTableElement, from: HTMLInputElement, text: string): HTMLInputElement {
  const start = from.closest("tr");
  const at = start ? inputsOf(start).indexOf(from) : 0;
  let row = start;
  let last = from;
  for (const line of cellsOf(text)) {
    if (!row) break;
    const inputs = inputsOf(row);
    line.forEach((value, place) => {
      const input = inputs[at + place];
      if (!input) return;
      input.value = value;
      last = input;
    });
    const next = row.nextElementSibling;
    row = next instanceof HTMLTableRowElement ? next : (addRow(grid) ?? null);
  }
  last.dispatchEvent(new Event("input", { bubbles: true }));
  return last;
}

function move(input: HTMLInputElement, down: number, grid: HTMLTableElement): boolean {
  const row = input.closest("tr");
  if (!row) return false;
  const at = inputsOf(row).indexOf(input);
  const other = (down > 0 ? row.nextElementSibling : row.previousElementSibling) ?? (down > 0 ? addRow(grid) : undefined);
  if (!(other instanceof HTMLTableRowElement)) return false;
  inputsOf(other)[at]?.focus();
  return true;
}

export function startWorksheet(root: ParentNode): void {
  const grid = root.querySelector<HTMLTableElement>("table[data-grid]:not([data-ready])");
  if (!grid) return;
  grid.dataset["ready"] = "1";
  grid.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!(event.target instanceof HTMLInputElement) || !/[\t\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    paste(grid, event.target, text).focus();
  });
  grid.addEventListener("keydown", (event) => {
    if (!(event.target instanceof HTMLInputElement) || event.isComposing) return;
    const down = event.key === "Enter" || event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (down && !event.altKey && !event.ctrlKey && move(event.target, down, grid)) event.preventDefault();
  });
  document.querySelector("[data-grid-more]")?.addEventListener("click", () => {
    for (let n = 0; n < 5; n += 1) addRow(grid);
  });
}
