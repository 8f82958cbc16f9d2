import { Link, useLocation } from "wouter";
import { graphql } from "../api/graphql.ts";
import { useAction } from "../api/use.ts";
import { useTexts } from "../texts.tsx";
import { ConfirmEmail } from "./ConfirmEmail.tsx";
import { useMe } from "./me.ts";
import { Said } from "./Said.tsx";

const Buy = graphql(`
  mutation Buy($input: PlaceFlashOrderInput!) {
    placeFlashOrder(input: $input) {
      __typename
      ... on Order { id }
      ... on TryAgain { retryAfterMs }
      ... on InvalidInput { fields { path message } }
      ... on Error { code message }
    }
  }
`);

/** One press, one order. `pass`: the waiting room's, where there is one. */
export function BuyNow({ itemId, what, pass }: { itemId: string; what: string; pass?: string }) {
  const { t } = useTexts();
  const { signedIn, isGuest, address, sure } = useMe();
  const [path, go] = useLocation();
  const { run, busy, problem } = useAction(Buy);
  const buy = async () => {
    const { address } = await sure();
    const order = await run({ input: { itemId, quantity: 1, ...(address && { addressId: address.id }), ...(pass && { pass }) } });
    if (order?.__typename === "Order") go(`/order/${order.id}`);
  };
  const next = encodeURIComponent(path);
  const isAsked = problem?.fields?.some((field) => field.path.includes("addressId")) ?? false;
  if (!signedIn) return <Link className="button" href={`/sign-in?next=${next}`}>{t.signInToBuy}</Link>;
  if (!address && (isGuest || isAsked)) return <Link className="button" href={`/address?next=${next}`}>{t.whereTo}</Link>;
  return (
    <>
      <button className="buy" onClick={buy} disabled={busy} aria-label={`${t.buyNow}: ${what}`}>{t.buyNow}</button>
      <Said problem={problem} />
      {problem?.code === "EMAIL_NOT_CONFIRMED" && <ConfirmEmail />}
    </>
  );
}
