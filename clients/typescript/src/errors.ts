/** One of an answer's `errors`: what a client could not foresee. */
export interface TopLevelError {
  message: string;
  path?: readonly (string | number)[];
  extensions?: { code?: string; retryAfter?: number; traceId?: string };
}

/** The server could not answer, or nobody did. `code` is the first error's, or NO_ANSWER. */
export class ShopError extends Error {
  override readonly name = "ShopError";
  readonly code: string;
  readonly errors: readonly TopLevelError[];
  /** What was answered all the same. */
  readonly data: unknown;

  constructor(errors: readonly TopLevelError[], data?: unknown, cause?: unknown) {
    super(errors[0]?.message ?? "No answer.", { cause });
    this.errors = errors;
    this.code = errors[0]?.extensions?.code ?? "INTERNAL";
    this.data = data;
  }

  static noAnswer(cause: unknown): ShopError {
    return new ShopError([{ message: "The shop cannot be reached.", extensions: { code: "NO_ANSWER" } }], null, cause);
  }
}
