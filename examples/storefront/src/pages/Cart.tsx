import { useQuery } from "urql";
import { Link } from "wouter";
import { graphql, type ResultOf } from "../api/graphql.ts";
import { useAction, useSignedIn, useTitle } from "../api/use.ts";
import { ImageParts } from "../parts/Card.tsx";
import { Loaded } from "../parts/Loaded.tsx";
import { Picture } from "../parts/Picture.tsx";
import { Said } from "../parts/Said.tsx";
import { useTexts } from "../texts.tsx";

const LineParts = graphql(`
  fragment CartLine on CartItem @_unmask {
    id quantity available
    lineTotal { amount currencyCode }
    notes { code message }
    variant { id title product { id slug title images { ...Image } } }
  }
`, [ImageParts]);
const CartQuery = graphql(`
  query Cart {
    cart { id totalQuantity subtotal { amount currencyCode } items { ...CartLine } unavailableItems { id title } }
  }
`, [LineParts]);
const Change = graphql(`
  mutation Change($input: UpdateCartItemInput!) {
    updateCartItem(input: $input) {
      __typename
      ... on CartPayload { cart { id totalQuantity } }
      ... on Error { code message }
    }
  }
`);
const CONTEXT = { additionalTypenames: ["Cart"] };

export function Cart() {
  const { t, money, name } = useTexts();
  const [result] = useQuery({ query: CartQuery, context: CONTEXT });
  const signedIn = useSignedIn();
  useTitle(t.cart);
  return (
    <div className="wide narrow">
      <h1>{t.cart}</h1>
      <Loaded of={result}>
        {({ cart }) => !cart?.items.length ? <p>{t.emptyCart} <Link href="/products">{t.allProducts}</Link></p> : (
          <>
            <ul className="lines">{cart.items.map((line) => <Line key={line.id} line={line} />)}</ul>
            {cart.unavailableItems.map((one) => <p key={one.id} className="by">{name(one.title)}: {t.soldOut}</p>)}
            <p className="sum"><span>{t.subtotal}</span> <b>{money(cart.subtotal)}</b></p>
            <Link className="button" href={signedIn ? "/checkout" : "/sign-in?next=/checkout"}>{t.toCheckout}</Link>
          </>
        )}
      </Loaded>
    </div>
  );
}

function Line({ line }: { line: ResultOf<typeof LineParts> }) {
  const { t, name, money } = useTexts();
  const { run, busy, problem } = useAction(Change, ["Cart"]);
  const { product, title } = line.variant;
  const change = (quantity: number) => void run({ input: { itemId: line.id, quantity } });
  return (
    <li>
      <Picture image={product.images[0]} sizes="96px" />
      <div>
        <Link href={`/p/${product.slug}`}>{name(product.title)}</Link>
        {title !== product.title && <p className="by">{name(title)}</p>}
        {line.notes.map((note) => <p key={note.code} className="by">{note.message}</p>)}
        <div className="add">
          <input type="number" aria-label={`${t.quantity}: ${name(product.title)}`} min={1} max={line.available} key={line.quantity}
            defaultValue={line.quantity} onChange={(event) => event.target.valueAsNumber >= 1 && change(event.target.valueAsNumber)} />
          <button className="plain" onClick={() => change(0)} disabled={busy} aria-label={`${t.remove}: ${name(product.title)}`}>
            {t.remove}
          </button>
        </div>
        <Said problem={problem} />
      </div>
      <b>{money(line.lineTotal)}</b>
    </li>
  );
}
