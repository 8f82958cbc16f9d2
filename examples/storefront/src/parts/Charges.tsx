import { graphql, type ResultOf } from "../api/graphql.ts";
import { useTexts } from "../texts.tsx";

export const ChargesParts = graphql(`
  fragment Charges on OrderCharges @_unmask {
    subtotal { amount currencyCode } discount { amount currencyCode }
    shipping { amount currencyCode } shippingDiscount { amount currencyCode }
    tax { amount currencyCode } taxIncluded
  }
`);

interface Money {
  amount: string;
  currencyCode: string;
}

const isNothing = ({ amount }: Money): boolean => /^0(\.0+)?$/.test(amount);

/** What a total is made of. */
export function Charges({ charges, total }: { charges: ResultOf<typeof ChargesParts> | null; total: Money }) {
  const { t, money } = useTexts();
  const row = (label: string, amount: Money, minus = false) =>
    !isNothing(amount) && <div key={label}><dt>{label}</dt><dd>{minus && "−"}{money(amount)}</dd></div>;
  return (
    <dl className="charges">
      {charges && (
        <>
          {row(t.subtotal, charges.subtotal)}
          {row(t.discount, charges.discount, true)}
          {row(t.shipping, charges.shipping)}
          {row(`${t.shipping}: ${t.discount}`, charges.shippingDiscount, true)}
          {row(charges.taxIncluded ? t.taxIncluded : t.tax, charges.tax)}
        </>
      )}
      <div className="total"><dt>{t.total}</dt><dd>{money(total)}</dd></div>
    </dl>
  );
}
