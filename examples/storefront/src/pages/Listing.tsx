import { useState } from "react";
import { useQuery } from "urql";
import { useSearch } from "wouter";
import { graphql } from "../api/graphql.ts";
import { useTitle } from "../api/use.ts";
import { Card, CardParts } from "../parts/Card.tsx";
import { FacetParts, Facets } from "../parts/Facets.tsx";
import { Loaded } from "../parts/Loaded.tsx";
import { filterOf, SORTS, useChosen, type Sort } from "../parts/chosen.ts";
import { useTexts } from "../texts.tsx";
import { NotFound } from "./NotFound.tsx";

const CategoryQuery = graphql(`
  query Category($slug: String!) {
    category(slug: $slug) { id name children { id name slug } ancestors { id name slug } }
  }
`);

const ListingQuery = graphql(`
  query Listing($filter: ProductFilter!, $sort: ProductSort, $after: String) {
    products(first: 24, after: $after, filter: $filter, sort: $sort) {
      totalCount
      pageInfo { hasNextPage endCursor }
      facets { ...Facets }
      edges { node { ...Card } }
    }
  }
`, [CardParts, FacetParts]);

/** All products, or those of a category; searched, and narrowed down by facets. */
export function Listing({ slug }: { slug?: string }) {
  const { name, t } = useTexts();
  const [result] = useQuery({ query: CategoryQuery, variables: { slug: slug ?? "" }, pause: !slug });
  const search = useSearch();
  if (!slug) return <Found key={search} heading={t.allProducts} />;
  return (
    <Loaded of={result}>
      {({ category }) => (category ? <Found key={search} heading={name(category.name)} categoryId={category.id} /> : <NotFound />)}
    </Loaded>
  );
}

function Found({ heading, categoryId }: { heading: string; categoryId?: string }) {
  const { t } = useTexts();
  const { chosen, choose, clear } = useChosen();
  const search = chosen.get("q") ?? "";
  const filter = filterOf(chosen, categoryId);
  const sort = (chosen.get("sort") as Sort | null) ?? (search ? "RELEVANCE" : "NEWEST");
  const [pages, setPages] = useState<(string | null)[]>([null]);
  const [result] = useQuery({ query: ListingQuery, variables: { filter, sort, after: null } });
  useTitle(search || heading);
  return (
    <div className="wide listing">
      <header>
        <h1>{search || heading}</h1>
        <label className="field inline">
          <span>{t.sort}</span>
          <select value={sort} onChange={(event) => choose("sort", event.target.value)}>
            {SORTS.filter((one) => one !== "RELEVANCE" || search).map((one) => <option key={one} value={one}>{t.sorts[one]}</option>)}
          </select>
        </label>
      </header>
      <Loaded of={result}>
        {({ products }) => (
          <>
            <Facets facets={products.facets} chosen={chosen} choose={choose} clear={clear} inCategory={!!categoryId} />
            <section aria-label={heading}>
              <h2 className="by"><span role="status">{products.totalCount ? t.found(products.totalCount) : t.nothingFound}</span></h2>
              <div className="grid">
                {pages.map((after, at) => (
                  <Page key={after} variables={{ filter, sort, after }}
                    {...(at === pages.length - 1 && { more: (cursor: string) => setPages([...pages, cursor]) })} />
                ))}
              </div>
            </section>
          </>
        )}
      </Loaded>
    </div>
  );
}

interface PageProps {
  variables: { filter: ReturnType<typeof filterOf>; sort: Sort; after: string | null };
  /** Of the last one shown. */
  more?: (cursor: string) => void;
}

function Page({ variables, more }: PageProps) {
  const { t } = useTexts();
  const [{ data }] = useQuery({ query: ListingQuery, variables });
  const { hasNextPage, endCursor } = data?.products.pageInfo ?? {};
  return (
    <>
      {data?.products.edges.map(({ node }) => <Card key={node.id} product={node} />)}
      {more && hasNextPage && endCursor && <button className="quiet more" onClick={() => more(endCursor)}>{t.more}</button>}
    </>
  );
}
