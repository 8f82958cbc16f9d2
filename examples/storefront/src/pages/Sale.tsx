import { useQuery } from "urql";
import { Link } from "wouter";
import { graphql, type ResultOf } from "../api/graphql.ts";
import { useNow, useTitle } from "../api/use.ts";
import { BuyNow } from "../parts/BuyNow.tsx";
import { ImageParts } from "../parts/Card.tsx";
import { Countdown } from "../parts/Countdown.tsx";
import { Loaded } from "../parts/Loaded.tsx";
import { Picture } from "../parts/Picture.tsx";
import { Remaining } from "../parts/Remaining.tsx";
import { WaitingRoom } from "../parts/WaitingRoom.tsx";
import { useTexts } from "../texts.tsx";
import { NotFound } from "./NotFound.tsx";

const SaleItemParts = graphql(`
  fragment SaleItem on FlashSaleItem @_unmask {
    id quantity remaining perCustomerLimit
    price { amount currencyCode }
    variant { id title price { amount currencyCode } product { id slug title images { ...Image } } }
  }
`, [ImageParts]);

const SaleQuery = graphql(`
  query Sale($id: ID!) {
    flashSale(id: $id) { id name status paused startsAt endsAt admitPerSecond items { ...SaleItem } }
  }
`, [SaleItemParts]);

/** As many as a browser's connections leave room for. */
const LIVE = 3;

export function Sale({ id }: { id: string }) {
  const [result] = useQuery({ query: SaleQuery, variables: { id } });
  return <Loaded of={result}>{({ flashSale }) => (flashSale ? <Shown sale={flashSale} /> : <NotFound />)}</Loaded>;
}

type Sale = NonNullable<ResultOf<typeof SaleQuery>["flashSale"]>;

/** By the shop's clock, so that it starts for everybody at the same moment. */
function usePhase({ startsAt, endsAt, status }: Sale): "coming" | "running" | "over" {
  const now = useNow();
  if (status === "ENDED" || now >= Date.parse(endsAt)) return "over";
  return now < Date.parse(startsAt) ? "coming" : "running";
}

function Shown({ sale }: { sale: Sale }) {
  const { t, name } = useTexts();
  const phase = usePhase(sale);
  const open = phase === "running" && !sale.paused;
  useTitle(name(sale.name));
  const items = (pass?: string) => (
    <ul className="items">
      {sale.items.map((item, at) => <Item key={item.id} item={item} open={open} live={open && at < LIVE} pass={pass} />)}
    </ul>
  );
  const room = sale.admitPerSecond !== null && phase !== "over";
  return (
    <>
      <section className="hero slim">
        <div className="wide">
          <div>
            <p className="eyebrow">{phase === "coming" ? t.saleSoon : t.saleNow}</p>
            <h1>{name(sale.name)}</h1>
          </div>
          {phase === "over" ? <p>{t.saleOver}</p> : (
            <p className="clock">
              <span>{phase === "coming" ? t.startsIn : t.endsIn}</span> <Countdown to={phase === "coming" ? sale.startsAt : sale.endsAt} />
            </p>
          )}
        </div>
      </section>
      <section className="wide">
        {sale.paused && phase === "running" && <p role="status" className="notice">{t.salePaused}</p>}
        {room ? <WaitingRoom saleId={sale.id} running={open}>{items}</WaitingRoom> : items()}
      </section>
    </>
  );
}

interface ItemProps {
  item: ResultOf<typeof SaleItemParts>;
  open: boolean;
  live: boolean;
  pass: string | undefined;
}

function Item({ item, open, live, pass }: ItemProps) {
  const { t, name, money } = useTexts();
  const { product, title, price } = item.variant;
  return (
    <li className="item">
      <Picture image={product.images[0]} sizes="(min-width: 60rem) 320px, 90vw" eager />
      <div>
        <h2><Link href={`/p/${product.slug}`}>{name(product.title)}</Link></h2>
        {title !== product.title && <p className="by">{name(title)}</p>}
        <p className="price big">{money(item.price)} <s>{money(price)}</s></p>
        <Remaining item={item} live={live} />
        <p className="by">{t.perCustomer(item.perCustomerLimit)}</p>
        {open && <BuyNow itemId={item.id} what={name(product.title)} {...(pass && { pass })} />}
      </div>
    </li>
  );
}
