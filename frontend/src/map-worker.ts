/** The worker of the map gets ready on its own while the picture is looked at and the map's code is read: by the time the map has
    tiles to take apart it would else be waited for. */
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

export { workerUrl };
let begun: Worker | undefined;

export function beginWorker(): void {
  begun ??= new Worker(workerUrl, { type: "module" });
}

/** Runs what makes the library's worker. The library takes none of ours, it makes its own: it is handed the one that has begun. */
export function withBegun(makes: () => void): void {
  const found = begun;
  const { Worker: makeAnew } = window;
  if (found) window.Worker = function handed() { return found; } as unknown as typeof Worker;
  try {
    makes();
  } finally {
    window.Worker = makeAnew;
  }
}
