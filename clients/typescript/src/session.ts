import type { Clock } from "./clock.ts";
import type { Http } from "./http.ts";
import { Kept, type Storage } from "./storage.ts";

/** With cookies the tokens are empty: no script can read them. */
export interface Tokens {
  accessToken: string;
  accessTokenExpiresAt: string;
  refreshToken: string;
}

const REFRESH = `mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) {
  __typename ... on Session { accessToken accessTokenExpiresAt refreshToken } ... on Error { code } } }`;
const EARLY = 30_000;

/** Who is signed in, for as long as the refresh token lasts: renewed before the access token ends, once at a time. */
export class Session {
  readonly #http: Http;
  readonly #clock: Clock;
  readonly #cookies: boolean;
  readonly #kept: Kept<Tokens>;
  readonly #listeners = new Set<() => void>();
  #renewing: Promise<void> | undefined;

  constructor(http: Http, clock: Clock, cookies: boolean, storage: Storage) {
    this.#http = http;
    this.#clock = clock;
    this.#cookies = cookies;
    this.#kept = new Kept(storage, "session");
  }

  get signedIn(): boolean {
    return this.#kept.get() !== null;
  }

  /** `null`: signed out. */
  set(tokens: Tokens | null): void {
    this.#kept.set(tokens);
    for (const tell of this.#listeners) tell();
  }

  /** Call when somebody signs in or out. Returns how to stop that. */
  onChange(tell: () => void): () => void {
    this.#listeners.add(tell);
    return () => void this.#listeners.delete(tell);
  }

  /** What a request needs, with an access token that is still good. */
  async headers(): Promise<Record<string, string>> {
    if (this.#isOld()) await this.renew();
    return this.#headers();
  }

  get refreshToken(): { refreshToken?: string } {
    const token = this.#kept.get()?.refreshToken;
    return token ? { refreshToken: token } : {};
  }

  /** Exchange the refresh token, which is good for once, also when several ask for it. */
  renew(): Promise<void> {
    this.#renewing ??= this.#alone(() => this.#renew()).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  #isOld(): boolean {
    const tokens = this.#kept.get();
    return tokens !== null && Date.parse(tokens.accessTokenExpiresAt) - this.#clock.now() < EARLY;
  }

  #headers(): Record<string, string> {
    if (this.#cookies) return { "x-requested-with": "rushcart", "x-session-mode": "cookie" };
    const token = this.#kept.get()?.accessToken;
    return token ? { authorization: `Bearer ${token}` } : {};
  }

  async #renew(): Promise<void> {
    const before = this.#kept.get();
    const headers = this.#cookies ? this.#headers() : {};
    const answer = await this.#http.ask({ query: REFRESH, variables: { input: this.refreshToken } }, headers);
    const session = answer.data?.refreshSession;
    if (session?.__typename === "Session") this.#kept.set(session);
    // Otherwise nobody knows: the next request tries again.
    else if (session && this.#kept.get()?.accessTokenExpiresAt === before?.accessTokenExpiresAt) this.set(null);
  }

  /** Among the tabs of a browser as well: who was waiting finds it done. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const before = this.#kept.get()?.accessTokenExpiresAt;
    const unlessDone = () => (this.#kept.get()?.accessTokenExpiresAt === before ? work() : Promise.resolve());
    if (typeof navigator === "undefined" || !("locks" in navigator)) return unlessDone();
    await navigator.locks.request("rushcart.session", unlessDone);
  }
}
