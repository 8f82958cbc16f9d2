import type { Answer } from "./http.ts";

const MAY_PASS = new Set(["UNAVAILABLE", "TRY_AGAIN", "NO_ANSWER"]);

/** What the server says of when to ask again, in milliseconds; undefined: the answer is final. */
export function waitFor(answer: Answer, attempt: number, keyed: boolean): number | undefined {
  const refused = Object.values(answer.data ?? {}).find((one) => one?.__typename === "TryAgain");
  if (refused) return typeof refused.retryAfterMs === "number" ? refused.retryAfterMs : backOff(attempt);
  const { code, retryAfter } = answer.errors?.[0]?.extensions ?? {};
  if (code === "RATE_LIMITED") return (retryAfter ?? 1) * 1000;
  // It may have been done: only what is done once may be sent again.
  if (code && MAY_PASS.has(code) && keyed) return backOff(attempt);
  return undefined;
}

export const backOff = (attempt: number): number => Math.min(250 * 2 ** attempt, 10_000) * (0.5 + Math.random() / 2);

export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const left = () => (clearTimeout(timer), reject(signal!.reason));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", left), resolve()), ms);
    signal?.addEventListener("abort", left, { once: true });
  });
}
