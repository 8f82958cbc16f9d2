import type { ReactNode } from "react";
import { graphql, type ResultOf } from "../api/graphql.ts";
import { useTitle } from "../api/use.ts";
import { useTexts } from "../texts.tsx";
import { Charges, ChargesParts } from "./Charges.tsx";
import { Countdown } from "./Countdown.tsx";

export const OrderParts = graphql(`
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

export type Whole = ResultOf<typeof OrderParts>;

export const isOpen = ({ status }: Whole): boolean => status === "ACCEPTED" || status === "AWAITING_PAYMENT";

const WAY = ["ACCEPTED", "AWAITING_PAYMENT", "PAID", "SHIPPED", "COMPLETED"] as const;

/** `children`: what can be done while it is not paid. */
export function WholeOrder({ order, children }: { order: Whole; children: ReactNode }) {
  const { t, name, money, date } = useTexts();
  const open = isOpen(order);
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
      {open && (
        <section className="sheet">
          {order.expiresAt && <p className="clock"><span>{t.payWithin}</span> <Countdown to={order.expiresAt} /></p>}
          {order.payments.at(-1)?.status === "FAILED" && <p role="alert" className="problem">{t.paymentFailed}</p>}
          {children}
        </section>
      )}
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
