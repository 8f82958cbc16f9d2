import { useSubscription } from "urql";
import { graphql } from "../api/graphql.ts";
import { useSeen } from "../api/use.ts";
import { useTexts } from "../texts.tsx";

const Left = graphql(`
  subscription Left($itemId: ID!) { flashSaleRemaining(itemId: $itemId) { id remaining } }
`);

/** What is left of a sale's item. `live`: as others buy it; each is a connection, of which a browser has six by HTTP/1.1. */
export function Remaining({ item, live }: { item: { id: string; remaining: number; quantity: number }; live: boolean }) {
  const { t } = useTexts();
  const seen = useSeen();
  const [{ data }] = useSubscription({ query: Left, variables: { itemId: item.id }, pause: !live || !seen });
  const left = data?.flashSaleRemaining.remaining ?? item.remaining;
  return (
    <div className="remaining">
      <progress value={left} max={item.quantity} aria-label={t.left(left)} />
      <span>{left ? t.left(left) : t.soldOut}</span>
    </div>
  );
}
