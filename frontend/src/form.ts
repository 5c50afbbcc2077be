/** Forms: one idempotency key per form, one submission at a time, no loss by leaving, focus on the first fault. */
import { say } from "./words";

function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The server writes a key into the form; only an empty one is filled here. */
function giveKey(form: HTMLFormElement): void {
  const field = form.elements.namedItem("key");
  if (field instanceof HTMLInputElement && !field.value) field.value = newKey();
}

function onSubmit(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset["uploading"] !== undefined && Number(form.dataset["uploading"]) > 0) {
    event.preventDefault();
    const status = form.querySelector<HTMLElement>(".photos-status");
    if (status) status.textContent = say("stillUploading");
    return;
  }
  if (form.dataset["sent"] !== undefined) { event.preventDefault(); return; }
  form.dataset["sent"] = "";
  delete form.dataset["dirty"];
  const button = event.submitter;
  if (button instanceof HTMLButtonElement) {
    button.setAttribute("aria-busy", "true");
    const words = button.querySelector(".btn-words");
    if (words) words.textContent = say("sending");
  }
}

/** Back from the browser's own page cache: the form may be sent again, with a new key. */
function wake(event: PageTransitionEvent): void {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) {
    delete form.dataset["sent"];
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
}

function guard(event: BeforeUnloadEvent): void {
  const dirty = document.querySelector("form[data-guard][data-dirty]:not([data-draft])");
  if (dirty) event.preventDefault();
}

function filterOnChange(event: Event): void {
  const form = (event.target as Element).closest<HTMLFormElement>("form[data-submit-on-change]");
  if (form && !form.hasAttribute("hx-get")) form.requestSubmit();
}

export function startForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form")) giveKey(form);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("input", (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>("form");
    if (form?.method === "post") form.dataset["dirty"] = "";
  });
  document.addEventListener("change", filterOnChange);
  window.addEventListener("beforeunload", guard);
  window.addEventListener("pageshow", wake);
  const fault = document.querySelector<HTMLElement>(".faults, .field.faulty :is(input, select, textarea)");
  if (fault) { fault.tabIndex = fault.tabIndex < 0 ? -1 : fault.tabIndex; fault.focus(); }
  document.addEventListener("htmx:afterSwap", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form")) giveKey(form);
  });
}
