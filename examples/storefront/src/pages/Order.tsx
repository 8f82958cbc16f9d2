import { useQuery, useSubscription } from "urql";
import { Redirect } from "wouter";
import { graphql, type ResultOf } from "../api/graphql.ts";
import { usePay } from "../api/pay.ts";
import { useAction, useSignedIn, useTitle } from "../api/use.ts";
import { Charges, ChargesParts } from "../parts/Charges.tsx";
import { Countdown } from "../parts/Countdown.tsx";
import { Loaded } from "../parts/Loaded.tsx";
import { Said } from "../parts/Said.tsx";
import { useTexts } from "../texts.tsx";
import { NotFound } from "./NotFound.tsx";

const OrderParts = graphql(`
  fragment WholeOrder on Order @_unmask {
    id number status placedAt expiresAt
    total { amount currencyCode }
    charges { ...Charges }
    lines { id title quantity lineTotal { amount currencyCode } }
    history { at status }
    payments { id status }
    shippingAddress { id recipient line1 postalCode city countryCode }
  }
`, [ChargesParts]);
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

type Whole = ResultOf<typeof OrderParts>;

/** An order as it is, and as it becomes. */
export function Order({ id }: { id: string }) {
  const signedIn = useSignedIn();
  const [result] = useQuery({ query: OrderQuery, variables: { id }, pause: !signedIn });
  const [{ data: live }] = useSubscription({ query: Updated, variables: { id }, pause: !signedIn });
  if (!signedIn) return <Redirect href={`/sign-in?next=/order/${id}`} />;
  return <Loaded of={live ? { data: { order: live.orderUpdated } } : result}>{({ order }) => (order ? <Shown order={order} /> : <NotFound />)}</Loaded>;
}

const WAY = ["ACCEPTED", "AWAITING_PAYMENT", "PAID", "SHIPPED", "COMPLETED"] as const;

function Shown({ order }: { order: Whole }) {
  const { t, name, money, date } = useTexts();
  const open = order.status === "ACCEPTED" || order.status === "AWAITING_PAYMENT";
  const at = WAY.indexOf(order.status as (typeof WAY)[number]);
  useTitle(`${t.order} ${order.number}`);
  return (
    <article className="wide narrow order" data-status={order.status}>
      <p className="eyebrow">{t.order} {order.number} · {date(order.placedAt)}</p>
      <h1><span role="status">{open ? t.itIsYours : t.statuses[order.status]}</span></h1>
      {at >= 0 && (
        <ol className="way">
          {WAY.map((step, index) => (
            <li key={step} className={index <= at ? "done" : ""} aria-current={index === at ? "step" : undefined}>{t.statuses[step]}</li>
          ))}
        </ol>
      )}
      {open && <ToPay order={order} />}
      <ul className="lines">
        {order.lines.map((line) => (
          <li key={line.id}><span>{line.quantity} × {name(line.title)}</span> <b>{money(line.lineTotal)}</b></li>
        ))}
      </ul>
      <Charges charges={order.charges} total={order.total} />
      {order.shippingAddress && (
        <address>
          {order.shippingAddress.recipient}, {order.shippingAddress.line1}, {order.shippingAddress.city} {order.shippingAddress.countryCode}
        </address>
      )}
    </article>
  );
}

function ToPay({ order }: { order: Whole }) {
  const { t, money } = useTexts();
  const { pay, busy, problem } = usePay();
  const cancelling = useAction(Cancel, ["Order"]);
  return (
    <section className="sheet">
      {order.expiresAt && <p className="clock"><span>{t.payWithin}</span> <Countdown to={order.expiresAt} /></p>}
      {order.payments.at(-1)?.status === "FAILED" && <p role="alert" className="problem">{t.paymentFailed}</p>}
      <div className="add">
        <button className="buy" onClick={() => pay(order.id)} disabled={busy || order.status === "ACCEPTED"}>
          {busy ? t.toBank : t.pay(money(order.total))}
        </button>
        <button className="plain" onClick={() => cancelling.run({ input: { orderId: order.id } })} disabled={cancelling.busy}>
          {t.cancelOrder}
        </button>
      </div>
      <Said problem={problem ?? cancelling.problem} />
    </section>
  );
}
