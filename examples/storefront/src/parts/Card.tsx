import { Link } from "wouter";
import { graphql, type ResultOf } from "../api/graphql.ts";
import { useTexts } from "../texts.tsx";
import { Picture } from "./Picture.tsx";

export const ImageParts = graphql(`
  fragment Image on Image @_unmask { url width thumbnails { width url } }
`);

export const CardParts = graphql(`
  fragment Card on Product @_unmask {
    id slug title vendor
    images { ...Image }
    priceRange { min { amount currencyCode } max { amount currencyCode } }
    flashSaleItems { id price { amount currencyCode } sale { id status } }
  }
`, [ImageParts]);

/** A product among others. */
export function Card({ product }: { product: ResultOf<typeof CardParts> }) {
  const { t, name, money } = useTexts();
  const { min, max } = product.priceRange;
  const sale = product.flashSaleItems.find((item) => item.sale.status === "RUNNING");
  return (
    <article className="card">
      <Picture image={product.images[0]} />
      {sale && <span className="badge">{t.saleNow}</span>}
      <h3><Link href={`/p/${product.slug}`}>{name(product.title)}</Link></h3>
      <p className="by">{name(product.vendor)}</p>
      <p className="price">{min.amount === max.amount ? money(min) : t.from(money(min))}</p>
    </article>
  );
}
