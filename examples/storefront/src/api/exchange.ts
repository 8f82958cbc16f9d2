import { ShopError, type Shop } from "@rushcart/client";
import { CombinedError, type Exchange, type Operation, type OperationResult } from "@urql/core";
import { filter, make, mergeMap, pipe, share, takeUntil } from "wonka";

/** urql asks by way of the shop's client, which renews sessions, makes keys and tries again. */
export const shopExchange =
  (shop: Shop): Exchange =>
  () =>
  (operations$) => {
    const shared$ = pipe(operations$, share);
    const teardown$ = (key: number) => pipe(shared$, filter((one) => one.kind === "teardown" && one.key === key));
    return pipe(
      shared$,
      filter((operation) => operation.kind !== "teardown"),
      mergeMap((operation) => pipe(results(shop, operation), takeUntil(teardown$(operation.key)))),
    );
  };

const results = (shop: Shop, operation: Operation) =>
  make<OperationResult>(({ next, complete }) => {
    const gone = new AbortController();
    const live = operation.kind === "subscription";
    const tell = (data: unknown, error?: CombinedError) =>
      next({ operation, data, ...(error && { error }), stale: false, hasNext: live });
    const work = async () => {
      const { query, variables } = operation as Operation<unknown, Record<string, unknown>>;
      if (!live) return tell(await shop.ask(query, variables, gone.signal));
      for await (const data of shop.watch(query, variables, gone.signal)) tell(data);
    };
    work()
      .catch((error: unknown) => gone.signal.aborted || tell(dataOf(error), combined(error)))
      .finally(complete);
    return () => gone.abort();
  });

const dataOf = (error: unknown): unknown => (error instanceof ShopError ? error.data : undefined) ?? undefined;

const combined = (error: unknown): CombinedError =>
  error instanceof ShopError
    ? new CombinedError({ graphQLErrors: error.errors.map(({ message, extensions }) => ({ message, extensions })) as [] })
    : new CombinedError({ networkError: error as Error });
