import { Clock } from "./clock.ts";
import { isMutation, textOf, type Document, type Keyless } from "./documents.ts";
import { ShopError } from "./errors.ts";
import { eventsOf } from "./event_stream.ts";
import { Http, read, type Answer } from "./http.ts";
import { Keys } from "./keys.ts";
import { backOff, sleep, waitFor } from "./retry.ts";
import { Session, type Tokens } from "./session.ts";
import { Kept, Memory, type Storage } from "./storage.ts";

export interface Options {
  /** Of the GraphQL endpoint. */
  url: string;
  /** Keep the session in HttpOnly cookies: for browsers. Otherwise its tokens are in `storage`. */
  cookies?: boolean;
  storage?: Storage;
  /** How long to go on asking a busy server, in milliseconds. */
  patience?: number;
}

/** What signing in answers; `code` and `message` say why not. */
export type Entered = { __typename: "Session" } | { __typename: string; code: string; message: string };

const SESSION = "__typename ... on Session { accessToken accessTokenExpiresAt refreshToken } ... on Error { code message }";
const LOGIN = `mutation Login($input: LoginInput!) { entered: login(input: $input) { ${SESSION} } }`;
const REGISTER = `mutation Register($input: RegisterInput!) { entered: register(input: $input) { ${SESSION}
  ... on InvalidInput { fields { path message } } } }`;
const GUEST = `mutation StartGuest($input: StartGuestSessionInput!) { entered: startGuestSession(input: $input) { ${SESSION}
  ... on InvalidInput { fields { path message } } } }`;
const LOGOUT = "mutation Logout($input: LogoutInput!) { logout(input: $input) { __typename } }";
const SIGNED_OUT = "UNAUTHENTICATED";

/** A shop, for one customer. */
export class Shop {
  readonly clock = new Clock();
  readonly session: Session;
  readonly #http: Http;
  readonly #keys: Keys;
  readonly #cartToken: Kept<string>;
  readonly #patience: number;

  constructor({ url, cookies = false, storage = new Memory(), patience = 15_000 }: Options) {
    this.#http = new Http(url, this.clock);
    this.session = new Session(this.#http, this.clock, cookies, storage);
    this.#keys = new Keys(storage);
    this.#cartToken = new Kept(storage, "cart");
    this.#patience = patience;
  }

  /**
   * Run a query or a mutation and return its data, expected errors (members of unions) included. Busy servers are asked again.
   *
   * Throws ShopError.
   */
  async ask<Data, Variables>(
    document: Document<Data, Variables>,
    variables?: Keyless<NoInfer<Variables>>,
    signal?: AbortSignal,
  ): Promise<Data> {
    const query = textOf(document);
    const intention = this.#keys.for(query, { ...variables });
    const again = intention.keyed || !isMutation(query);
    const until = Date.now() + this.#patience;
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#send({ query, variables: intention.variables }, signal);
      const wait = waitFor(answer, attempt, again);
      if (wait !== undefined && Date.now() + wait < until) {
        await sleep(wait, signal);
        continue;
      }
      if (wait === undefined && answer.data) intention.settle();
      if (answer.errors?.length) throw new ShopError(answer.errors, answer.data);
      return answer.data as Data;
    }
  }

  /** The values of a subscription, until it is complete: a connection that is lost is made again. Throws ShopError. */
  async *watch<Data, Variables>(
    document: Document<Data, Variables>,
    variables?: NoInfer<Variables>,
    signal?: AbortSignal,
  ): AsyncGenerator<Data, void> {
    const question = { query: textOf(document), variables: { ...variables } };
    for (let attempt = 0; !signal?.aborted; attempt++) {
      try {
        for await (const answer of this.#stream(question, signal)) {
          if (answer === "complete") return;
          if (answer.errors?.length) throw new ShopError(answer.errors, answer.data);
          attempt = 0;
          yield answer.data as Data;
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (error instanceof ShopError) await this.#overcome(error, attempt);
      }
      await sleep(backOff(attempt), signal).catch(() => {});
    }
  }

  login(input: { email: string; password: string }): Promise<Entered> {
    return this.#enter(LOGIN, input);
  }

  register(input: { email: string; password: string; displayName: string }): Promise<Entered> {
    return this.#enter(REGISTER, input);
  }

  /** Go on without an account: orders, pays and sees what was ordered in this session. `locale` is that of its mails. */
  guest(input: { email: string; name?: string; locale?: string }): Promise<Entered> {
    return this.#enter(GUEST, input);
  }

  async logout(): Promise<void> {
    await this.ask(LOGOUT, { input: this.session.refreshToken }).catch(() => {});
    this.session.set(null);
  }

  /** A guest's cart becomes the customer's. */
  async #enter(query: string, input: object): Promise<Entered> {
    const { entered } = await this.ask<{ entered: Entered }, { input: object }>(query, { input });
    if (entered.__typename !== "Session") return entered;
    this.#cartToken.set(null);
    this.session.set(entered as unknown as Tokens);
    return { __typename: "Session" };
  }

  async #send(question: { query: string; variables: Record<string, unknown> }, signal?: AbortSignal): Promise<Answer> {
    const ask = async () => this.#http.ask(question, await this.#headers(), signal);
    let answer = await ask();
    if (this.session.signedIn && answer.errors?.some((error) => error.extensions?.code === SIGNED_OUT)) {
      await this.session.renew();
      answer = await ask();
    }
    for (const one of Object.values(answer.data ?? {})) if (one?.cartToken) this.#cartToken.set(one.cartToken);
    return answer;
  }

  async *#stream(question: object, signal?: AbortSignal): AsyncGenerator<Answer | "complete"> {
    const headers = { ...(await this.#headers()), accept: "text/event-stream" };
    const response = await this.#http.post(question as { query: string }, headers, signal);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return yield await read(response);
    for await (const [event, data] of eventsOf(response)) {
      if (event === "next") yield JSON.parse(data) as Answer;
      if (event === "complete") yield "complete";
    }
  }

  /** What may pass is waited for; the rest is thrown. */
  async #overcome(error: ShopError, attempt: number): Promise<void> {
    if (error.code === SIGNED_OUT && this.session.signedIn && attempt < 2) return this.session.renew();
    const wait = waitFor({ errors: error.errors }, attempt, true);
    if (wait === undefined) throw error;
    await sleep(wait);
  }

  async #headers(): Promise<Record<string, string>> {
    const cart = this.#cartToken.get();
    return { ...(await this.session.headers()), ...(cart && { "x-cart-token": cart }) };
  }
}
