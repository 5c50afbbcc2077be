/** Server-sent events → htmx triggers. An element with data-live="topic" is refreshed by its own hx-trigger.
    A lost connection is tried again with growing pauses and shown; after each return every topic fires once. */
import htmx from "htmx.org";
import { toast } from "./shell";
import { say } from "./words";
import { pauseAfter, type Sign, signsOf, topicOf, topicsOf } from "./live-topics";

function show(state: "on" | "off" | "waiting"): void {
  for (const sign of document.querySelectorAll<HTMLElement>(".live")) sign.dataset["liveState"] = state;
}

/** Renews a part that names its own address, unless somebody is writing in it: then it only says so. */
export function renew(topic: string): void {
  for (const part of document.querySelectorAll<HTMLElement>("[data-refresh][data-live]")) {
    if (!(part.dataset["live"] ?? "").split(/\s+/).includes(topic)) continue;
    if (part.querySelector("form[data-dirty]")) toast(say("moved"), { words: say("reload"), does: () => location.reload() });
    else if (!part.querySelector("form[data-sent]")) void htmx.ajax("get", part.dataset["refresh"] ?? "", { target: part, swap: "outerHTML" });
  }
}

function announce(topic: string, signs: Sign[] | null = null): void {
  htmx.trigger(document.body, topic, { signs });
  renew(topic);
}

class Line {
  private source: EventSource | null = null;
  private failures = 0;
  private timer: number | undefined;

  constructor(
    private readonly address: string,
    private readonly topics: string[],
  ) {}

  open(): void {
    this.close();
    const query = new URLSearchParams(this.topics.map((topic) => ["topic", topic]));
    const source = new EventSource(`${this.address}?${query}`);
    this.source = source;
    source.onopen = () => this.opened();
    source.onerror = () => this.lost();
    const heard = (event: MessageEvent<string>): void => this.hear(event);
    source.onmessage = heard;
    for (const topic of this.topics) source.addEventListener(topic, heard as EventListener);
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private opened(): void {
    if (this.failures > 0) for (const topic of this.topics) announce(topic);
    this.failures = 0;
    show("on");
  }

  private lost(): void {
    this.close();
    this.failures += 1;
    show("off");
    this.timer = window.setTimeout(() => this.open(), pauseAfter(this.failures));
  }

  private hear(event: MessageEvent<string>): void {
    const topic = topicOf(event.type, event.data);
    if (topic) announce(topic, signsOf(event.data));
  }
}

export function startLive(): void {
  const address = document.body.dataset["liveAt"];
  const topics = topicsOf(document);
  if (!address || topics.length === 0) return;
  const line = new Line(address, topics);
  line.open();
  window.addEventListener("online", () => line.open());
  window.addEventListener("pagehide", () => line.close());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) line.open();
  });
}
