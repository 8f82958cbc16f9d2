import { useQuery } from "urql";
import { Link, Redirect, useLocation } from "wouter";
import { graphql } from "../api/graphql.ts";
import { shop } from "../api/shop.ts";
import { useAction, useSignedIn, useTitle } from "../api/use.ts";
import { AddressParts } from "../parts/AddressForm.tsx";
import { Loaded } from "../parts/Loaded.tsx";
import { Said } from "../parts/Said.tsx";
import { useTexts } from "../texts.tsx";

const AccountQuery = graphql(`
  query Account {
    me {
      id displayName email roles
      addresses { ...Address }
      orders(first: 20) { edges { node { id number status placedAt total { amount currencyCode } lines { id title quantity } } } }
    }
  }
`, [AddressParts]);
const Forget = graphql(`
  mutation Forget($input: ForgetGuestInput!) {
    forgetGuest(input: $input) {
      __typename
      ... on ForgetGuestSuccess { forgottenAt }
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`);
const CONTEXT = { additionalTypenames: ["Order", "Address"] };

export function Account() {
  const { t, name, money, date } = useTexts();
  const [, go] = useLocation();
  const signedIn = useSignedIn();
  const [result] = useQuery({ query: AccountQuery, context: CONTEXT, pause: !signedIn });
  useTitle(t.account);
  if (!signedIn) return <Redirect href="/sign-in" />;
  const leave = () => void shop.logout().then(() => go("/"));
  return (
    <Loaded of={result}>
      {({ me }) => me && (
        <div className="wide narrow">
          <h1>{t.hello(me.displayName)}</h1>
          <p className="by">{me.email} · <button className="plain" onClick={leave}>{t.signOut}</button></p>
          {me.roles.includes("GUEST") && <AsGuest email={me.email} />}
          <h2>{t.orders}</h2>
          {!me.orders.edges.length && <p>{t.noOrders}</p>}
          <ul className="lines">
            {me.orders.edges.map(({ node: order }) => (
              <li key={order.id}>
                <div>
                  <Link href={`/order/${order.id}`}>{order.number}</Link>
                  <p className="by">{date(order.placedAt)} · {order.lines.map((line) => `${line.quantity} × ${name(line.title)}`).join(", ")}</p>
                </div>
                <span className="status" data-status={order.status}>{t.statuses[order.status]}</span>
                <b>{money(order.total)}</b>
              </li>
            ))}
          </ul>
          <h2>{t.addresses}</h2>
          {!me.addresses.length && <p>{t.noAddresses}</p>}
          {me.addresses.map((one) => (
            <address key={one.id}>{[one.recipient, one.line1, one.line2, one.postalCode, one.city, one.countryCode].filter(Boolean).join(", ")}</address>
          ))}
        </div>
      )}
    </Loaded>
  );
}

/** What can become of one without an account: one with it, or forgotten. */
function AsGuest({ email }: { email: string }) {
  const { t } = useTexts();
  const [, go] = useLocation();
  const { run, busy, problem } = useAction(Forget);
  const forget = async () => {
    if (await run({ input: { email } })) shop.session.set(null), go("/");
  };
  return (
    <section className="sheet">
      <p>{t.asGuest}</p>
      <div className="add">
        <Link className="button" href="/sign-in">{t.register}</Link>
        <button className="plain" onClick={forget} disabled={busy}>{t.forgetMe}</button>
      </div>
      <Said problem={problem} />
    </section>
  );
}
