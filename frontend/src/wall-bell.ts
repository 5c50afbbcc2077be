/** Tells of new alarms by ear: a tone where the officer switched it on, words for a screen reader, a buzz on a telephone.
    However many come, it speaks at most every few seconds and then of all of them together. */
import { summary, type Row } from "./wall-rows";
import { inEnglish, say } from "./words";

const KEY = "anlan-wall-sound";
const SPEAK_AFTER = 3000;
const RING_AFTER = 1500;

export class Bell {
  private context: AudioContext | null = null;
  private isOn = false;
  private count = 0;
  private worst: Row | null = null;
  private timer: number | undefined;
  private rangAt = 0;

  constructor(private readonly voice: HTMLElement, private readonly button: HTMLButtonElement | null) {
    this.isOn = localStorage.getItem(KEY) === "on";
    this.mark();
    button?.addEventListener("click", () => this.turn());
    // A browser lets a page sound only after a hand touched it.
    document.addEventListener("pointerdown", () => { if (this.isOn) this.wake(); }, { once: true });
  }

  ring(count: number, worst: Row | null): void {
    this.count += count;
    if (worst && (!this.worst || worst.rank > this.worst.rank)) this.worst = worst;
    if (this.isOn && performance.now() - this.rangAt > RING_AFTER) { this.rangAt = performance.now(); this.sound((worst?.rank ?? 1) > 2); }
    this.timer ??= window.setTimeout(() => this.speak(), this.voice.textContent ? SPEAK_AFTER : 0);
  }

  private speak(): void {
    this.timer = undefined;
    if (this.count === 0) return;
    const said = summary(this.count, this.worst, { news: say("newAlarms"), worst: say("worst") });
    this.voice.textContent = inEnglish() ? said : said.replace(/^(\d+) ([^. ]+)/, "$2 $1 条").replace(". ", "，").replace(": ", "：");
    this.count = 0;
    this.worst = null;
  }

  private turn(): void {
    this.isOn = !this.isOn;
    localStorage.setItem(KEY, this.isOn ? "on" : "off");
    this.mark();
    this.voice.textContent = say(this.isOn ? "soundOn" : "soundOff");
    if (this.isOn) { this.wake(); this.sound(false); }
  }

  private mark(): void {
    this.button?.setAttribute("aria-pressed", String(this.isOn));
  }

  private wake(): void {
    this.context ??= new AudioContext();
    void this.context.resume();
  }

  private sound(grave: boolean): void {
    if (navigator.vibrate) navigator.vibrate(grave ? [300, 120, 300] : 200);
    const context = this.context;
    if (!context) return;
    (grave ? [880, 660, 880, 660] : [660, 880]).forEach((pitch, n) => {
      const tone = context.createOscillator(), loudness = context.createGain();
      const begin = context.currentTime + n * 0.22;
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.0001, begin);
      loudness.gain.exponentialRampToValueAtTime(0.25, begin + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, begin + 0.2);
      tone.connect(loudness).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + 0.21);
    });
  }
}
