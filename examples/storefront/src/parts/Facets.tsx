import type { ReactNode } from "react";
import { graphql, type ResultOf } from "../api/graphql.ts";
import { useTexts } from "../texts.tsx";

export const FacetParts = graphql(`
  fragment Facets on ProductFacets @_unmask {
    categories { count category { id name } }
    vendors { value count }
    tags { value count }
    priceBands { count min { amount currencyCode } max { amount currencyCode } }
  }
`);

interface Props {
  facets: ResultOf<typeof FacetParts>;
  chosen: URLSearchParams;
  choose: (name: string, value: string | null) => void;
  clear: () => void;
  inCategory: boolean;
}

const MOST = 8;
const HAN = /\p{Script=Han}/u;

/** What the products found have, and how many have it. */
export function Facets({ facets, chosen, choose, clear, inCategory }: Props) {
  const { t, name, money, language } = useTexts();
  const one = (facet: string, value: string, label: ReactNode, count?: number) => (
    <li key={value}>
      <label>
        <input type="checkbox" checked={chosen.get(facet) === value} onChange={() => choose(facet, value)} />
        <span>{label}</span>
        {count !== undefined && <small>{count}</small>}
      </label>
    </li>
  );
  const band = ({ min, max }: Band) => (max ? t.upTo(money(min), money(max)) : t.above(money(min)));
  const bands = inMostUsed(facets.priceBands);
  const tags = facets.tags.filter(({ value }) => HAN.test(value) === (language === "zh")).slice(0, MOST);
  return (
    <details className="facets" open={matchMedia("(min-width: 60rem)").matches}>
      <summary>{t.filters}</summary>
      {[...chosen.keys()].some((key) => key !== "q" && key !== "sort") && <button className="plain" onClick={clear}>{t.clear}</button>}
      <ul>{one("stock", "1", t.inStock)}</ul>
      {!inCategory && (
        <Group label={t.category}>
          {facets.categories.slice(0, MOST).map(({ category, count }) => category && one("category", category.id, name(category.name), count))}
        </Group>
      )}
      <Group label={t.vendor}>{facets.vendors.map(({ value, count }) => one("vendor", value, name(value), count))}</Group>
      <Group label={t.price}>
        {bands.map((each) => one("price", `${each.min.amount}-${each.max?.amount ?? ""}`, band(each), each.count))}
      </Group>
      <Group label={t.tag}>{tags.map(({ value, count }) => one("tag", value, value, count))}</Group>
    </details>
  );
}

type Band = Props["facets"]["priceBands"][number];

/** Bands are of one currency each: those of the one that most products have. */
function inMostUsed(bands: readonly Band[]): Band[] {
  const byCurrency = Map.groupBy(bands.filter((band) => band.count > 0), (band) => band.min.currencyCode);
  const count = (some: Band[]) => some.reduce((sum, band) => sum + band.count, 0);
  return [...byCurrency.values()].sort((one, other) => count(other) - count(one))[0] ?? [];
}

function Group({ label, children }: { label: string; children: ReactNode[] }) {
  if (!children.length) return null;
  return (
    <fieldset>
      <legend>{label}</legend>
      <ul>{children}</ul>
    </fieldset>
  );
}
