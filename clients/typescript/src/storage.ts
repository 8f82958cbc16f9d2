/** Where a client keeps what outlives a page: `localStorage` fits. */
export interface Storage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

export class Memory implements Storage {
  readonly #kept = new Map<string, string>();
  getItem = (name: string): string | null => this.#kept.get(name) ?? null;
  setItem = (name: string, value: string): void => void this.#kept.set(name, value);
  removeItem = (name: string): void => void this.#kept.delete(name);
}

/** A value as JSON under a name; what cannot be read is nothing. */
export class Kept<T> {
  readonly #storage: Storage;
  readonly #name: string;

  constructor(storage: Storage, name: string) {
    this.#storage = storage;
    this.#name = `rushcart.${name}`;
  }

  get(): T | null {
    try {
      return JSON.parse(this.#storage.getItem(this.#name) ?? "null") as T | null;
    } catch {
      return null;
    }
  }

  set(value: T | null): void {
    if (value === null) this.#storage.removeItem(this.#name);
    else this.#storage.setItem(this.#name, JSON.stringify(value));
  }
}
