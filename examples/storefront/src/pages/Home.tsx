import { useQuery } from "urql";
import { Link } from "wouter";
import { graphql, type ResultOf } from "../api/graphql.ts";
import { useTitle } from "../api/use.ts";
import { Card, CardParts, ImageParts } from "../parts/Card.tsx";
import { Countdown } from "../parts/Countdown.tsx";
import { Loaded } from "../parts/Loaded.tsx";
import { Picture } from "../parts/Picture.tsx";
import { Remaining } from "../parts/Remaining.tsx";
import { useTexts } from "../texts.tsx";

const SaleParts = graphql(`
  fragment HomeSale on FlashSale @_unmask {
    id name status startsAt endsAt
    items {
      id quantity remaining
      price { amount currencyCode }
      variant { id price { amount currencyCode } product { id title images { ...Image } } }
    }
  }
`, [ImageParts]);

const HomeQuery = graphql(`
  query Home {
    flashSales(first: 10, status: [RUNNING, SCHEDULED]) { edges { node { ...HomeSale } } }
    products(first: 10) { edges { node { ...Card } } }
  }
`, [SaleParts, CardParts]);

type HomeSale = ResultOf<typeof SaleParts>;

export function Home() {
  const { t } = useTexts();
  useTitle(undefined);
  const [result] = useQuery({ query: HomeQuery });
  return (
    <Loaded of={result}>
      {({ flashSales, products }) => {
        const sales = flashSales.edges.map((edge) => edge.node);
        const now = sales.find((sale) => sale.status === "RUNNING" && sale.items.some((item) => item.remaining > 0));
        return (
          <>
            {now ? <Hero sale={now} /> : <h1 className="wide">{t.motto}</h1>}
            <Coming sales={sales.filter((sale) => sale !== now)} />
            <section className="wide">
              <h2>{t.newest}</h2>
              <div className="grid">{products.edges.map(({ node }) => <Card key={node.id} product={node} />)}</div>
              <p className="after"><Link className="button quiet" href="/products">{t.allProducts}</Link></p>
            </section>
          </>
        );
      }}
    </Loaded>
  );
}

function Hero({ sale }: { sale: HomeSale }) {
  const { t, name, money } = useTexts();
  const item = sale.items.find((one) => one.remaining > 0)!;
  return (
    <section className="hero">
      <div className="wide">
        <div>
          <p className="eyebrow">{t.saleNow} · {name(sale.name)}</p>
          <h1>{name(item.variant.product.title)}</h1>
          <p className="price big">{money(item.price)} <s>{money(item.variant.price)}</s></p>
          <p className="clock"><span>{t.endsIn}</span> <Countdown to={sale.endsAt} /></p>
          <Remaining item={item} live />
          <Link className="button buy" href={`/sale/${sale.id}`}>{t.toSale}</Link>
        </div>
        <Picture image={item.variant.product.images[0]} sizes="(min-width: 60rem) 440px, 90vw" eager />
      </div>
    </section>
  );
}

function Coming({ sales }: { sales: HomeSale[] }) {
  const { t, name } = useTexts();
  return (
    <section className="wide coming">
      {sales.map((sale) => (
        <Link key={sale.id} href={`/sale/${sale.id}`} className="ticket">
          <Picture image={sale.items[0]?.variant.product.images[0]} sizes="96px" />
          <span>
            <span className="eyebrow">{sale.status === "RUNNING" ? t.soldOut : t.saleSoon}</span>
            <strong>{name(sale.name)}</strong>
            {sale.status === "SCHEDULED" && <span>{t.startsIn} <Countdown to={sale.startsAt} /></span>}
          </span>
        </Link>
      ))}
    </section>
  );
}
