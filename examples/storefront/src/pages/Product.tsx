import { useState } from "react";
import { useQuery } from "urql";
import { Link } from "wouter";
import { graphql, type ResultOf } from "../api/graphql.ts";
import { useAction, useTitle } from "../api/use.ts";
import { ImageParts } from "../parts/Card.tsx";
import { Loaded } from "../parts/Loaded.tsx";
import { Picture } from "../parts/Picture.tsx";
import { Said } from "../parts/Said.tsx";
import { useTexts } from "../texts.tsx";
import { NotFound } from "./NotFound.tsx";

const VariantParts = graphql(`
  fragment Variant on Variant @_unmask {
    id sku title
    options { name value }
    price { amount currencyCode } compareAtPrice { amount currencyCode }
    stock { available }
    flashSaleItems { id price { amount currencyCode } sale { id startsAt status } }
  }
`);
const ProductQuery = graphql(`
  query Product($slug: String!) {
    product(slug: $slug) {
      id title description vendor
      category { id name slug }
      images { ...Image }
      variants { ...Variant }
    }
  }
`, [ImageParts, VariantParts]);
const Add = graphql(`
  mutation Add($input: AddCartItemInput!) {
    addCartItem(input: $input) {
      __typename
      ... on CartPayload { cartToken cart { id totalQuantity } }
      ... on Error { code message }
    }
  }
`);

type Product = NonNullable<ResultOf<typeof ProductQuery>["product"]>;
type Variant = ResultOf<typeof VariantParts>;

export function Product({ slug }: { slug: string }) {
  const [result] = useQuery({ query: ProductQuery, variables: { slug } });
  return <Loaded of={result}>{({ product }) => (product ? <Shown product={product} /> : <NotFound />)}</Loaded>;
}

function Shown({ product }: { product: Product }) {
  const { name, prose } = useTexts();
  const [chosen, choose] = useState(product.variants.find((one) => one.stock.available > 0)?.id);
  const variant = product.variants.find((one) => one.id === chosen) ?? product.variants[0];
  useTitle(name(product.title));
  return (
    <article className="wide product">
      <div className="gallery">
        {product.images.slice(0, 2).map((image) => (
          <Picture key={image.url} image={image} sizes="(min-width: 60rem) 480px, 95vw" eager alt={name(product.title)} />
        ))}
      </div>
      <div>
        <p className="eyebrow">
          {product.category && <Link href={`/c/${product.category.slug}`}>{name(product.category.name)}</Link>}
          {" · "}{name(product.vendor)}
        </p>
        <h1>{name(product.title)}</h1>
        {variant && <Price variant={variant} />}
        <p className="prose">{prose(product.description)}</p>
        {product.variants.length > 1 && <Variants variants={product.variants} chosen={variant} choose={choose} />}
        {variant && <ToCart key={variant.id} variant={variant} />}
      </div>
    </article>
  );
}

function Price({ variant }: { variant: Variant }) {
  const { t, money } = useTexts();
  const sale = variant.flashSaleItems.find((item) => item.sale.status === "RUNNING");
  return (
    <>
      <p className="price big">
        {money(variant.price)} {variant.compareAtPrice && <s>{money(variant.compareAtPrice)}</s>}
      </p>
      {sale && <Link className="notice" href={`/sale/${sale.sale.id}`}>{t.inSale(money(sale.price))}</Link>}
    </>
  );
}

interface VariantsProps {
  variants: readonly Variant[];
  chosen: Variant | undefined;
  choose: (id: string) => void;
}

function Variants({ variants, chosen, choose }: VariantsProps) {
  const { name } = useTexts();
  const legend = variants[0]?.options.map((option) => name(option.name)).join(", ");
  return (
    <fieldset className="variants">
      <legend>{legend}</legend>
      {variants.map((one) => (
        <label key={one.id} className={one.stock.available ? "" : "gone"}>
          <input type="radio" name="variant" checked={one === chosen} onChange={() => choose(one.id)} />
          <span>{one.options.map((option) => name(option.value)).join(" / ") || name(one.title)}</span>
        </label>
      ))}
    </fieldset>
  );
}

const FEW = 10;

function ToCart({ variant }: { variant: Variant }) {
  const { t } = useTexts();
  const { run, busy, problem, done } = useAction(Add, ["Cart"]);
  const [quantity, setQuantity] = useState(1);
  const { available } = variant.stock;
  const add = () => void run({ input: { variantId: variant.id, quantity } });
  return (
    <>
      <p className="stock">{!available ? t.soldOut : available <= FEW ? t.few(available) : t.available}</p>
      <div className="add">
        <input type="number" aria-label={t.quantity} min={1} max={Math.min(available, 99)} value={quantity} disabled={!available}
          onChange={(event) => setQuantity(Math.max(1, event.target.valueAsNumber || 1))} />
        <button onClick={add} disabled={busy || !available}>{t.addToCart}</button>
      </div>
      <Said problem={problem} />
      {done && <p role="status" className="notice">{t.added} <Link href="/cart">{t.cart}</Link></p>}
    </>
  );
}
