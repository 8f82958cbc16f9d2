import { useLocation, useSearch } from "wouter";

export const SORTS = ["RELEVANCE", "NEWEST", "PRICE_ASC", "PRICE_DESC", "TITLE"] as const;
export type Sort = (typeof SORTS)[number];

/** What was chosen of a list is in the address: it can be sent to somebody, and gone back to. */
export function useChosen() {
  const chosen = new URLSearchParams(useSearch());
  const [path, go] = useLocation();
  const show = (next: URLSearchParams) => go(next.size ? `${path}?${next}` : path);
  return {
    chosen,
    /** Choose a value, or not any more if it is chosen; null: nothing of the name. */
    choose(name: string, value: string | null) {
      const next = new URLSearchParams(chosen);
      if (value === null || next.get(name) === value) next.delete(name);
      else next.set(name, value);
      show(next);
    },
    clear: () => show(new URLSearchParams(chosen.has("q") ? { q: chosen.get("q")! } : {})),
  };
}

export function filterOf(chosen: URLSearchParams, categoryId?: string) {
  const [minPrice, maxPrice] = chosen.get("price")?.split("-") ?? [];
  return {
    search: chosen.get("q") || null,
    categoryId: chosen.get("category") ?? categoryId ?? null,
    vendor: chosen.get("vendor"),
    tag: chosen.get("tag"),
    inStock: chosen.has("stock") ? true : null,
    minPrice: minPrice || null,
    maxPrice: maxPrice || null,
  };
}
