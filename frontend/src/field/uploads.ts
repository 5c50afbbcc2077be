/** Photos in resumable parts (tus 1.0), by fetch, so that they go from the page and from the service worker alike. */
import { Upload, type HttpRequest, type HttpResponse, type HttpStack } from "tus-js-client";
import type { Picture } from "./types";

const PIECE = 512 * 1024;

class FetchRequest implements HttpRequest {
  private readonly headers = new Headers();
  private readonly stop = new AbortController();
  constructor(private readonly method: string, private readonly url: string) {}
  getMethod(): string { return this.method; }
  getURL(): string { return this.url; }
  setHeader(name: string, value: string): void { this.headers.set(name, value); }
  getHeader(name: string): string | undefined { return this.headers.get(name) ?? undefined; }
  setProgressHandler(): void { /* parts are small: the count of photos is progress enough */ }
  async send(body: BodyInit | null): Promise<HttpResponse> {
    const answer = await fetch(this.url, { method: this.method, headers: this.headers, body: body ?? null, credentials: "same-origin", signal: this.stop.signal });
    const text = await answer.text();
    return { getStatus: () => answer.status, getHeader: (name) => answer.headers.get(name) ?? undefined, getBody: () => text, getUnderlyingObject: () => answer };
  }
  async abort(): Promise<void> { this.stop.abort(); }
  getUnderlyingObject(): null { return null; }
}
const stack: HttpStack = { createRequest: (method, url) => new FetchRequest(method, url), getName: () => "fetch" };

/** Sends one picture from where it stopped; gives the id of the evidence it has become. */
export function send(picture: Picture, csrf: string, began: (address: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(picture.blob, {
      endpoint: "/api/v1/uploads/",
      uploadUrl: picture.upload || null,
      chunkSize: PIECE,
      httpStack: stack,
      retryDelays: [0, 1000, 3000],
      storeFingerprintForResuming: false,
      headers: { "X-CSRFToken": csrf },
      metadata: {
        filename: picture.item.startsWith("signature:") ? `${picture.item.slice(10)}.png` : `${picture.item}.jpg`,
        filetype: picture.blob.type,
        at: picture.at,
        ...(picture.place ? { lng: picture.place.lng, lat: picture.place.lat, accuracy: String(picture.place.accuracy) } : {}),
      },
      onUploadUrlAvailable: () => began(upload.url ?? ""),
      onSuccess: ({ lastResponse }) => {
        const evidence = lastResponse.getHeader("Anlan-Evidence");
        if (evidence) resolve(evidence);
        else reject(new Error("no evidence"));
      },
      onError: reject,
    });
    upload.start();
  });
}
