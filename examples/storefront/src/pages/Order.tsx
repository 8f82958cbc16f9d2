import { useQuery, useSubscription } from "urql";
import { Redirect } from "wouter";
import { graphql } from "../api/graphql.ts";
import { usePay } from "../api/pay.ts";
import { useAction, useSignedIn } from "../api/use.ts";
import { Loaded } from "../parts/Loaded.tsx";
import { Said } from "../parts/Said.tsx";
import { OrderParts, WholeOrder, type Whole } from "../parts/WholeOrder.tsx";
import { useTexts } from "../texts.tsx";
import { NotFound } from "./NotFound.tsx";

const OrderQuery = graphql(`query Order($id: ID!) { order(id: $id) { ...WholeOrder } }`, [OrderParts]);
const Updated = graphql(`subscription Updated($id: ID!) { orderUpdated(id: $id) { ...WholeOrder } }`, [OrderParts]);
const Cancel = graphql(`
  mutation Cancel($input: CancelOrderInput!) {
    cancelOrder(input: $input) {
      __typename
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`);

/** An order as it is, and as it becomes. */
export function Order({ id }: { id: string }) {
  const signedIn = useSignedIn();
  const [result] = useQuery({ query: OrderQuery, variables: { id }, pause: !signedIn });
  const [{ data: live }] = useSubscription({ query: Updated, variables: { id }, pause: !signedIn });
  if (!signedIn) return <Redirect href={`/sign-in?next=/order/${id}`} />;
  return (
    <Loaded of={live ? { data: { order: live.orderUpdated } } : result}>
      {({ order }) => order ? <WholeOrder order={order}><ToPay order={order} /></WholeOrder> : <NotFound />}
    </Loaded>
  );
}

function ToPay({ order }: { order: Whole }) {
  const { t, money } = useTexts();
  const { pay, busy, problem } = usePay();
  const cancelling = useAction(Cancel, ["Order"]);
  return (
    <>
      <div className="add">
        <button className="buy" onClick={() => pay(order.id)} disabled={busy || order.status === "ACCEPTED"}>
          {busy ? t.toBank : t.pay(money(order.total))}
        </button>
        <button className="plain" onClick={() => cancelling.run({ input: { orderId: order.id } })} disabled={cancelling.busy}>
          {t.cancelOrder}
        </button>
      </div>
      <Said problem={problem ?? cancelling.problem} />
    </>
  );
}
