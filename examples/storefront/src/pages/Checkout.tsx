import { useEffect, useState } from "react";
import { useQuery } from "urql";
import { Redirect, useLocation } from "wouter";
import { graphql } from "../api/graphql.ts";
import { usePay } from "../api/pay.ts";
import { useAction, useSignedIn, useTitle } from "../api/use.ts";
import { AddressForm, AddressParts } from "../parts/AddressForm.tsx";
import { Charges, ChargesParts } from "../parts/Charges.tsx";
import { Loaded } from "../parts/Loaded.tsx";
import { Said } from "../parts/Said.tsx";
import { useTexts } from "../texts.tsx";

const MineQuery = graphql(`query CheckoutOf { me { id displayName addresses { ...Address } } }`, [AddressParts]);
const OffersQuery = graphql(`
  query Offers($addressId: ID) { shippingOffers(addressId: $addressId) { code name price { amount currencyCode } } }
`);
const Quote = graphql(`
  mutation Quote($input: CreateQuoteInput!) {
    createQuote(input: $input) {
      __typename
      ... on Quote { id total { amount currencyCode } charges { ...Charges } }
      ... on TryAgain { retryAfterMs }
      ... on InvalidInput { fields { path message } }
      ... on Error { code message }
    }
  }
`, [ChargesParts]);
const Place = graphql(`
  mutation Place($input: CheckoutInput!) {
    checkout(input: $input) {
      __typename
      ... on Order { id status }
      ... on TryAgain { retryAfterMs }
      ... on InvalidInput { fields { path message } }
      ... on Error { code message }
    }
  }
`);

/** Where to, how, and for how much: the quote is promised, and it is what is ordered. */
export function Checkout() {
  const { t } = useTexts();
  const [result, ask] = useQuery({ query: MineQuery });
  const [picked, setAddressId] = useState<string>();
  useTitle(t.checkout);
  if (!useSignedIn()) return <Redirect href="/sign-in?next=/checkout" />;
  return (
    <div className="wide narrow">
      <h1>{t.checkout}</h1>
      <Loaded of={result}>
        {({ me }) => {
          const addresses = me?.addresses ?? [];
          const first = addresses.find((one) => one.isDefault) ?? addresses[0];
          const addressId = picked ?? first?.id;
          const add = (id: string) => (setAddressId(id), ask({ requestPolicy: "network-only" }));
          const form = <AddressForm name={me?.displayName ?? ""} done={add} />;
          return (
            <>
              <fieldset className="sheet">
                <legend>{t.whereTo}</legend>
                {addresses.map((one) => (
                  <label key={one.id} className="choice">
                    <input type="radio" name="address" checked={one.id === addressId} onChange={() => setAddressId(one.id)} />
                    <span>{one.recipient}<small>{[one.line1, one.postalCode, one.city, one.countryCode].filter(Boolean).join(", ")}</small></span>
                  </label>
                ))}
                {addresses.length ? <details><summary>{t.newAddress}</summary>{form}</details> : form}
              </fieldset>
              {addressId && <Quoted key={addressId} addressId={addressId} />}
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function Quoted({ addressId }: { addressId: string }) {
  const { t, money } = useTexts();
  const [, go] = useLocation();
  const [{ data }] = useQuery({ query: OffersQuery, variables: { addressId } });
  const [method, setMethod] = useState<string>();
  const [code, setCode] = useState("");
  const quoting = useAction(Quote);
  const placing = useAction(Place, ["Cart", "Order"]);
  const { pay, ...paying } = usePay();
  const quote = quoting.done;

  const ask = () => {
    const chosen = { ...(method && { shippingMethod: method }), ...(code && { discountCode: code }) };
    void quoting.run({ input: { addressId, ...chosen } });
  };
  useEffect(ask, [method]);

  const place = async () => {
    if (!quote) return;
    const order = await placing.run({ input: { quoteId: quote.id } });
    if (order?.status === "AWAITING_PAYMENT") await pay(order.id);
    if (order) go(`/order/${order.id}`);
  };
  const offers = data?.shippingOffers ?? [];
  return (
    <>
      <fieldset className="sheet">
        <legend>{t.how}</legend>
        {offers.map((offer) => (
          <label key={offer.code} className="choice">
            <input type="radio" name="method" checked={offer.code === (method ?? offers[0]?.code)} onChange={() => setMethod(offer.code)} />
            <span>{offer.name}</span> <b>{money(offer.price)}</b>
          </label>
        ))}
        <form className="add" onSubmit={(event) => (event.preventDefault(), ask())}>
          <input aria-label={t.code} placeholder={t.code} value={code} maxLength={40} onChange={(event) => setCode(event.target.value)} />
          <button className="quiet">{t.apply}</button>
        </form>
        <Said problem={quoting.problem} />
      </fieldset>
      {quote && <Charges charges={quote.charges} total={quote.total} />}
      <Said problem={placing.problem ?? paying.problem} />
      <button className="buy" onClick={place} disabled={!quote || quoting.busy || placing.busy || paying.busy}>
        {t.placeOrder(quote ? money(quote.total) : "")}
      </button>
    </>
  );
}
