/** Days as the address bar and date fields write them. */

/** The day so many days before another, both as 2026-03-01. */
export function dayBefore(day: string, back: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - back);
  return at.toISOString().slice(0, 10);
}
