import { KEYED } from "./keyed.ts";
import { Kept, type Storage } from "./storage.ts";

const LASTS = 10 * 60_000;
const VARIABLE = /\$(\w+)\s*:\s*(\w+)/g;

/** Also where crypto.randomUUID is not: on pages that came by http from elsewhere than this machine. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export interface Intention {
  readonly variables: Record<string, unknown>;
  /** Whether it is done once, however often it is sent. */
  readonly keyed: boolean;
  /** The answer is known: to want the same again is another intention. */
  settle(): void;
}

/**
 * A key for each intention. Until its answer is known, whoever wants the same (the same operation with the same
 * variables) is given the same key: after a time-out, and after the page was loaded again.
 */
export class Keys {
  readonly #open: Kept<Record<string, [key: string, at: number]>>;

  constructor(storage: Storage) {
    this.#open = new Kept(storage, "keys");
  }

  for(text: string, variables: Record<string, unknown>): Intention {
    const names = [...text.matchAll(VARIABLE)].filter(([, , type]) => KEYED.has(type!)).map(([, name]) => name!);
    if (!names.length) return { variables, keyed: false, settle: () => {} };
    const wish = JSON.stringify([text, variables]);
    const key = this.#remembered(wish);
    const filled = names.map((name) => [name, { idempotencyKey: key, ...(variables[name] as object) }]);
    return { variables: { ...variables, ...Object.fromEntries(filled) }, keyed: true, settle: () => this.#forget(wish) };
  }

  #remembered(wish: string): string {
    const open = this.#recent();
    const [key, at] = open[wish] ?? [newKey(), Date.now()];
    this.#open.set({ ...open, [wish]: [key, at] });
    return key;
  }

  #forget(wish: string): void {
    const { [wish]: _, ...others } = this.#recent();
    this.#open.set(Object.keys(others).length ? others : null);
  }

  #recent(): Record<string, [string, number]> {
    const since = Date.now() - LASTS;
    return Object.fromEntries(Object.entries(this.#open.get() ?? {}).filter(([, [, at]]) => at > since));
  }
}
