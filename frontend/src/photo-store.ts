/** Photographs not yet on the server are kept in this browser's IndexedDB, so a closed page loses none. */
export type KeptPhoto = {
  id: string;
  draft: string;
  field: string;
  name: string;
  blob: Blob;
  takenAt: string;
  place: Place | null;
  evidence: string;
};
export type Place = { longitude: number; latitude: number; accuracy: number };

const NAME = "anlan-photos";
const STORE = "photos";

function request<T>(made: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    made.onsuccess = () => resolve(made.result);
    made.onerror = () => reject(made.error ?? new Error("storage refused"));
  });
}

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("draft", "draft");
  };
  const database = await request(opening);
  return database.transaction(STORE, mode).objectStore(STORE);
}

/** Storage may be full or forbidden (private windows); the upload itself then goes on without a net. */
async function forgiving<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch {
    return otherwise;
  }
}

export function keepPhoto(photo: KeptPhoto): Promise<void> {
  return forgiving(async () => {
    await request((await store("readwrite")).put(photo));
  }, undefined);
}

export function dropPhoto(id: string): Promise<void> {
  return forgiving(async () => {
    await request((await store("readwrite")).delete(id));
  }, undefined);
}

export function photosOf(draft: string): Promise<KeptPhoto[]> {
  return forgiving(async () => {
    const found = await request<KeptPhoto[]>((await store("readonly")).index("draft").getAll(draft));
    return found.sort((one, other) => one.takenAt.localeCompare(other.takenAt));
  }, []);
}

export async function dropDraft(draft: string): Promise<void> {
  for (const photo of await photosOf(draft)) await dropPhoto(photo.id);
}
