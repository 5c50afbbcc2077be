/** Camera first: photographs are shrunk, kept, sent in resumable pieces (tus) and named in the form by hidden fields.
    Without this island the plain file field sends the same files with the form. */
import { Upload } from "tus-js-client";
import { draftKey, dropped } from "./drafts";
import { dropPhoto, keepPhoto, photosOf, type KeptPhoto } from "./photo-store";
import { here } from "./place";
import { shrink } from "./shrink";
import { say } from "./words";

const PIECE = 512 * 1024;
const PAUSES = [0, 1000, 3000, 5000, 10_000, 20_000, 40_000, 60_000];
const SPRITE_USE = /^[^#]+/;

type State = "preparing" | "uploading" | "waiting" | "uploaded" | "failed";

/** The id of the evidence, from the header or the JSON body of the last answer. */
export function evidenceOf(header: string | undefined, body: string): string {
  if (header) return header;
  try {
    const said = JSON.parse(body) as { evidence?: unknown; id?: unknown };
    return String(said.evidence ?? said.id ?? "");
  } catch {
    return "";
  }
}

/** What a refusal says in words, from its JSON body. */
export function detailOf(body: string): string {
  try {
    const said = JSON.parse(body) as { detail?: unknown; title?: unknown };
    return String(said.detail ?? said.title ?? "");
  } catch {
    return "";
  }
}

function icon(name: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  const known = document.querySelector("svg.icon use")?.getAttribute("href") ?? "";
  use.setAttribute("href", `${SPRITE_USE.exec(known)?.[0] ?? ""}#${name}`);
  svg.append(use);
  return svg;
}

class Card {
  readonly element = document.createElement("li");
  private readonly words = document.createElement("div");
  private readonly bar = document.createElement("progress");
  private readonly acts = document.createElement("div");

  constructor(photo: KeptPhoto, onRemove: () => void, private readonly onRetry: () => void) {
    this.element.className = "photo";
    const picture = document.createElement("img");
    picture.alt = `${say("photo")} ${photo.name}`;
    picture.src = URL.createObjectURL(photo.blob);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    this.words.className = "photo-words";
    this.bar.max = 100;
    this.acts.className = "photo-acts";
    this.acts.append(this.button("x", `${say("remove")} ${photo.name}`, onRemove));
    this.element.append(picture, this.bar, this.words, this.acts);
  }

  show(state: State, percent: number): void {
    this.element.dataset["state"] = state;
    this.words.textContent = state === "uploading" ? `${say("uploading")} ${Math.round(percent)}%` : say(state);
    this.bar.hidden = state === "uploaded";
    this.bar.value = percent;
    const retry = this.acts.querySelector("[data-retry]");
    if (state === "failed" && !retry) {
      const button = this.button("refresh", say("retry"), this.onRetry);
      button.dataset["retry"] = "";
      this.acts.prepend(button);
    } else if (state !== "failed") retry?.remove();
  }

  /** Why the server refused it, in its own words. */
  tell(words: string): void {
    if (words) this.words.textContent = words;
  }

  private button(name: string, label: string, does: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.append(icon(name));
    button.addEventListener("click", does);
    return button;
  }
}

class Photos {
  private readonly form: HTMLFormElement | null;
  private readonly list = document.createElement("ul");
  private readonly status = document.createElement("p");
  private readonly running = new Map<string, Upload>();
  private readonly draft: string;
  private count = 0;

  constructor(private readonly root: HTMLElement) {
    this.form = root.closest("form");
    this.draft = draftKey(`${this.form?.dataset["draft"] ?? location.pathname}`);
    this.list.className = "photos-list";
    this.status.className = "photos-status help";
    this.status.setAttribute("role", "status");
    root.append(this.list, this.status);
    root.classList.add("ready");
    for (const input of root.querySelectorAll<HTMLInputElement>("input[type=file]")) this.take(input);
    document.addEventListener("anlan:draft-dropped", (event) => {
      if ((event as CustomEvent).detail === this.draft) this.clear();
    });
    void this.restore();
  }

  private get field(): string {
    return this.root.dataset["name"] ?? "evidence";
  }

  private take(input: HTMLInputElement): void {
    input.removeAttribute("name");
    input.required = false;
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      for (const file of files) void this.add(file);
    });
  }

  private async restore(): Promise<void> {
    await dropped();
    for (const photo of await photosOf(this.draft)) if (photo.field === this.field) this.place(photo);
  }

  private async add(file: File): Promise<void> {
    const most = Number(this.root.dataset["max"] ?? "9");
    if (this.count >= most) {
      this.status.textContent = `${say("tooMany")} ${most} ${say("items")}`;
      return;
    }
    const takenAt = new Date(file.lastModified || Date.now()).toISOString();
    const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    const [blob, place] = await Promise.all([shrink(file), here()]);
    const photo: KeptPhoto = { id, draft: this.draft, field: this.field, name: file.name, blob, takenAt, place, evidence: "" };
    await dropped();
    await keepPhoto(photo);
    this.place(photo);
  }

  private place(photo: KeptPhoto): void {
    this.count += 1;
    const card = new Card(photo, () => this.remove(photo, card), () => this.send(photo, card));
    this.list.append(card.element);
    if (photo.evidence) { this.name(photo, card); return; }
    this.send(photo, card);
  }

  private clear(): void {
    for (const upload of this.running.values()) void upload.abort();
    this.running.clear();
    this.list.replaceChildren();
    this.count = 0;
    this.renew();
  }

  private remove(photo: KeptPhoto, card: Card): void {
    void this.running.get(photo.id)?.abort(true);
    this.running.delete(photo.id);
    void dropPhoto(photo.id);
    card.element.remove();
    this.count -= 1;
    this.renew();
  }

  private send(photo: KeptPhoto, card: Card): void {
    const metadata: Record<string, string> = { filename: photo.name, filetype: photo.blob.type, at: photo.takenAt };
    if (photo.place) {
      metadata["lng"] = photo.place.longitude.toFixed(6);
      metadata["lat"] = photo.place.latitude.toFixed(6);
      metadata["accuracy"] = photo.place.accuracy.toFixed(0);
    }
    card.show("uploading", 0);
    const upload = new Upload(photo.blob, {
      endpoint: this.root.dataset["upload"] ?? "/api/v1/uploads/",
      chunkSize: PIECE,
      retryDelays: PAUSES,
      metadata,
      headers: { "X-CSRFToken": document.body.dataset["csrf"] ?? "" },
      removeFingerprintOnSuccess: true,
      onProgress: (sent, all) => card.show("uploading", all ? (sent / all) * 100 : 0),
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        const again = status === 0 || status >= 500 || status === 409 || status === 423 || status === 429;
        if (again) card.show("waiting", 0);
        return again;
      },
      onSuccess: ({ lastResponse }) => {
        photo.evidence = evidenceOf(lastResponse.getHeader("Anlan-Evidence"), lastResponse.getBody());
        void keepPhoto(photo);
        this.name(photo, card);
      },
      onError: (error) => {
        this.running.delete(photo.id);
        card.show("failed", 0);
        const answer = "originalResponse" in error ? error.originalResponse?.getBody() ?? "" : "";
        if (answer) card.tell(detailOf(answer));
        this.renew();
      },
    });
    this.running.set(photo.id, upload);
    this.renew();
    upload.start();
  }

  private name(photo: KeptPhoto, card: Card): void {
    this.running.delete(photo.id);
    card.show("uploaded", 100);
    const hidden = document.createElement("input");
    hidden.type = "hidden";
    hidden.name = this.field;
    hidden.value = photo.evidence;
    card.element.append(hidden);
    this.renew();
  }

  private renew(): void {
    const unsent = this.list.querySelectorAll('.photo:not([data-state="uploaded"])').length;
    if (this.form) this.form.dataset["uploading"] = String(this.running.size);
    if (unsent === 0) this.status.textContent = "";
    sessionStorage.setItem("anlan-unsent", String(unsent));
    document.dispatchEvent(new Event("anlan:unsent"));
  }
}

export function startPhotos(): void {
  for (const root of document.querySelectorAll<HTMLElement>("[data-photos]:not([data-ready])")) {
    root.dataset["ready"] = "";
    new Photos(root);
  }
}
