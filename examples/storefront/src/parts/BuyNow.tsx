import { Link, useLocation } from "wouter";
import { graphql } from "../api/graphql.ts";
import { useAction, useSignedIn } from "../api/use.ts";
import { useTexts } from "../texts.tsx";
import { Said } from "./Said.tsx";

const Buy = graphql(`
  mutation Buy($input: PlaceFlashOrderInput!) {
    placeFlashOrder(input: $input) {
      __typename
      ... on Order { id }
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`);

/** One press, one order. `pass`: the waiting room's, where there is one. */
export function BuyNow({ itemId, what, pass }: { itemId: string; what: string; pass?: string }) {
  const { t } = useTexts();
  const signedIn = useSignedIn();
  const [path, go] = useLocation();
  const { run, busy, problem } = useAction(Buy);
  const buy = async () => {
    const order = await run({ input: { itemId, quantity: 1, ...(pass && { pass }) } });
    if (order?.__typename === "Order") go(`/order/${order.id}`);
  };
  if (!signedIn) return <Link className="button" href={`/sign-in?next=${encodeURIComponent(path)}`}>{t.signInToBuy}</Link>;
  return (
    <>
      <button className="buy" onClick={buy} disabled={busy} aria-label={`${t.buyNow}: ${what}`}>{t.buyNow}</button>
      <Said problem={problem} />
    </>
  );
}
