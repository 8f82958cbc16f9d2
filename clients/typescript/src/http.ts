import type { Clock } from "./clock.ts";
import { ShopError, type TopLevelError } from "./errors.ts";

export interface Answer {
  data?: Record<string, any> | null;
  errors?: readonly TopLevelError[];
}

export interface Question {
  query: string;
  variables?: Record<string, unknown>;
}

/** POST to the one address that a shop has. */
export class Http {
  readonly #url: string;
  readonly #clock: Clock;

  constructor(url: string, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
  }

  /** Returns the answer; that there is none is an error in it like others. */
  async ask(question: Question, headers: HeadersInit, signal?: AbortSignal): Promise<Answer> {
    try {
      const response = await this.post(question, { accept: "application/json", ...headers }, signal);
      return await read(response);
    } catch (error) {
      signal?.throwIfAborted();
      return { errors: ShopError.noAnswer(error).errors };
    }
  }

  async post(question: Question, headers: HeadersInit, signal?: AbortSignal): Promise<Response> {
    const asked = Date.now();
    const response = await fetch(this.#url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(question),
      credentials: "include",
      ...(signal && { signal }),
    });
    this.#clock.learn(response.headers.get("date"), asked, Date.now());
    return response;
  }
}

/** A proxy's own pages are no answers: as if there was none. */
export async function read(response: Response): Promise<Answer> {
  if (!response.headers.get("content-type")?.includes("json")) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as Answer;
}
