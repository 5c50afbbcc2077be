/** Sealing on the device: canonical JSON (RFC 8785, whole numbers only), SHA-256, each record hung on the one before.
    The server checks it with the same rules (kernel/ledger/device.py); no record can be changed unseen afterwards. */
import type { Place, RecordBody, Sealed } from "./types";

export function canonical(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Error("only whole numbers have a canonical form");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    entries.sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`;
  }
  throw new Error(`${typeof value} has no canonical form`);
}

export async function digest(data: BufferSource): Promise<string> {
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function sealed(body: RecordBody): Promise<Sealed> {
  return { body, sha256: await digest(new TextEncoder().encode(canonical(body))) };
}

/** Adds one record to a series; the record is whole text: an unpaired half of a character is taken out before. */
export async function append(records: readonly Sealed[], series: string, kind: string, data: Record<string, unknown>, place: Place | null, now: Date): Promise<Sealed[]> {
  const last = records.at(-1);
  const body: RecordBody = {
    v: 1, series, seq: records.length + 1, kind, at: now.toISOString(), place,
    data: JSON.parse(JSON.stringify(data, (_, inner: unknown) => (typeof inner === "string" ? wellFormed(inner) : inner))) as Record<string, unknown>,
    previous: last?.sha256 ?? "",
  };
  return [...records, await sealed(body)];
}

export function wellFormed(text: string): string {
  return text.replace(/\u0000/g, "").replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}
