/** The check digit of the 18-character unified social credit code (GB 32100-2015), as a hint while typing.
    The server decides; this only spares a round trip. */
import { say } from "./words";

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const BASE = 31;

export type Finding = { state: "empty" | "short" | "character" | "wrong" | "right"; at?: string };

export function checkCharacter(first17: string): string {
  let sum = 0;
  let weight = 1;
  for (const character of first17) {
    sum += ALPHABET.indexOf(character) * weight;
    weight = (weight * 3) % BASE;
  }
  return ALPHABET[(BASE - (sum % BASE)) % BASE] ?? "";
}

export function examine(typed: string): Finding {
  const code = typed.replace(/\s+/g, "").toUpperCase();
  if (!code) return { state: "empty" };
  const stranger = [...code].find((character) => !ALPHABET.includes(character));
  if (stranger) return { state: "character", at: stranger };
  if (code.length !== 18) return { state: "short" };
  return { state: checkCharacter(code.slice(0, 17)) === code[17] ? "right" : "wrong" };
}

function hintFor(input: HTMLInputElement): HTMLElement {
  const id = `${input.id || input.name}-check`;
  const known = document.getElementById(id);
  if (known) return known;
  const hint = document.createElement("p");
  hint.id = id;
  hint.className = "hint";
  hint.setAttribute("aria-live", "polite");
  input.insertAdjacentElement("afterend", hint);
  input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  return hint;
}

function tell(input: HTMLInputElement): void {
  const finding = examine(input.value);
  const hint = hintFor(input);
  hint.classList.toggle("good", finding.state === "right");
  hint.classList.toggle("bad", finding.state === "wrong" || finding.state === "character");
  const length = input.value.replace(/\s+/g, "").length;
  const words = {
    empty: "",
    short: `${say("codeLength")} ${length} / 18`,
    character: `${say("codeChars")} ${finding.at ?? ""}`,
    wrong: say("codeBad"),
    right: say("codeGood"),
  };
  hint.textContent = words[finding.state];
}

export function startCreditCodes(root: ParentNode = document): void {
  for (const input of root.querySelectorAll<HTMLInputElement>("input[data-credit-code]:not([data-ready])")) {
    input.dataset["ready"] = "";
    input.autocapitalize = "characters";
    input.addEventListener("input", () => tell(input));
    if (input.value) tell(input);
  }
}
