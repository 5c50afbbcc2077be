/** Rings and "time left" words keep moving while the page is open; the server drew their first state. */
import { inEnglish } from "./words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function spanWords(milliseconds: number, english: boolean): string {
  const days = Math.floor(milliseconds / DAY);
  const hours = Math.floor((milliseconds % DAY) / HOUR);
  const minutes = Math.max(1, Math.floor((milliseconds % HOUR) / MINUTE));
  if (days >= 3) return english ? `${days} days` : `${days} 天`;
  if (days >= 1) return english ? `${days} d ${hours} h` : `${days} 天 ${hours} 小时`;
  if (hours >= 1) return english ? `${hours} h ${minutes} min` : `${hours} 小时 ${minutes} 分`;
  return english ? `${minutes} min` : `${minutes} 分钟`;
}

export function leftWords(due: number, now: number, english: boolean): string {
  const span = spanWords(Math.abs(due - now), english);
  if (now > due) return english ? `${span} overdue` : `逾期 ${span}`;
  return english ? `${span} left` : `剩 ${span}`;
}

function renew(clock: HTMLElement, now: number): void {
  const due = Date.parse(clock.dataset["due"] ?? "");
  const opened = Date.parse(clock.dataset["opened"] ?? "");
  if (Number.isNaN(due)) return;
  const words = clock.querySelector(".clock-words b");
  if (words) words.textContent = leftWords(due, now, inEnglish());
  if (now > due) clock.classList.add("late");
  const ring = clock.querySelector(".ring-left");
  if (!ring || Number.isNaN(opened) || due <= opened) return;
  const fraction = Math.min(1, Math.max(0, (due - now) / (due - opened)));
  ring.setAttribute("stroke-dasharray", `${(fraction * 100).toFixed(1)} 100`);
}

export function startClocks(): void {
  window.setInterval(() => {
    for (const clock of document.querySelectorAll<HTMLElement>(".clock[data-due]")) renew(clock, Date.now());
  }, 30_000);
}
