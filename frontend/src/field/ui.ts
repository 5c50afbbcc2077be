/** Building the page without inner HTML: what people wrote is text and never becomes markup. */
export type Child = Node | string | false | null | undefined;
type Props = Record<string, unknown> & { class?: string; onclick?: (event: MouseEvent) => void };

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") made.addEventListener(name.slice(2), value as EventListener);
    else if (name === "class") made.className = String(value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((one): one is Node | string => one !== false && one !== null && one !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";
export function icon(name: string): SVGElement {
  const made = svg("svg", { class: "icon", "aria-hidden": "true" });
  made.append(svg("use", { href: `${document.body.dataset["sprite"] ?? "#"}${name}` }));
  return made;
}
export function svg(tag: string, props: Record<string, string | number> = {}): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, String(value));
  return made;
}

export function show(screen: Node): void {
  document.getElementById("app")?.replaceChildren(screen);
}

let fading = 0;
export function tell(text: string, tone: "good" | "bad" = "good"): void {
  const line = h("div", { class: `field-toast ${tone}`, role: tone === "bad" ? "alert" : "status" }, text);
  document.querySelector(".field-toast")?.remove();
  document.body.append(line);
  window.clearTimeout(fading);
  fading = window.setTimeout(() => line.remove(), tone === "bad" ? 9000 : 2500);
}

/** Asks before something is lost; resolves to what was chosen. */
export async function confirmed(text: string, yes: string, no: string): Promise<boolean> {
  return (await chosen(text, [yes], no)) === yes;
}

/** Asks for one of several answers, by a tap; resolves to it, or to nothing. */
export function chosen(text: string, answers: readonly string[], no: string): Promise<string> {
  return new Promise((resolve) => {
    const box = h("dialog", { class: "field-dialog" }, h("p", {}, text),
      h("div", { class: "field-row" }, ...answers.map((one) => h("button", { class: "field-button danger", onclick: () => box.close(one) }, one)), h("button", { class: "field-button", onclick: () => box.close("") }, no)));
    box.addEventListener("close", () => { resolve(box.returnValue); box.remove(); });
    document.body.append(box);
    box.showModal();
  });
}
