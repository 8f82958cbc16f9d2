import { useEffect } from "react";
import { useQuery } from "urql";
import { graphql } from "../api/graphql.ts";
import { useAction } from "../api/use.ts";
import { Loaded } from "../parts/Loaded.tsx";
import { useMailedToken } from "../parts/mailed_token.ts";
import { Said } from "../parts/Said.tsx";
import { isOpen, OrderParts, WholeOrder, type Whole } from "../parts/WholeOrder.tsx";
import { useTexts } from "../texts.tsx";
import { NotFound } from "./NotFound.tsx";

const LinkQuery = graphql(`query OrderByLink($token: String!) { orderByLink(token: $token) { ...WholeOrder } }`, [OrderParts]);
const Pay = graphql(`
  mutation PayByLink($input: PayOrderByLinkInput!) {
    payOrderByLink(input: $input) {
      __typename
      ... on Payment { id redirectUrl }
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`);
const LOOK_AGAIN = 3000;

/** Where mails to guests lead: whoever has the link sees the order, and pays it. */
export function OrderByLink() {
  const token = useMailedToken("order");
  const [result, ask] = useQuery({ query: LinkQuery, variables: { token }, pause: !token });
  const order = result.data?.orderByLink;
  const open = order ? isOpen(order) : false;
  // A link has no subscription.
  useEffect(() => {
    if (!open) return;
    const timer = setInterval(() => ask({ requestPolicy: "network-only" }), LOOK_AGAIN);
    return () => clearInterval(timer);
  }, [open]);
  if (!token) return <NotFound />;
  return (
    <Loaded of={result}>
      {({ orderByLink }) => orderByLink ? <WholeOrder order={orderByLink}><ToPay order={orderByLink} token={token} /></WholeOrder> : <NotFound />}
    </Loaded>
  );
}

function ToPay({ order, token }: { order: Whole; token: string }) {
  const { t, money } = useTexts();
  const { run, busy, problem } = useAction(Pay);
  const pay = async () => {
    const payment = await run({ input: { token, returnUrl: `${location.origin}/order` } });
    if (payment?.redirectUrl) location.assign(payment.redirectUrl);
  };
  return (
    <>
      <button className="buy" onClick={pay} disabled={busy || order.status === "ACCEPTED"}>{t.pay(money(order.total))}</button>
      <Said problem={problem} />
    </>
  );
}
