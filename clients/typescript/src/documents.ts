import { print, type DocumentNode } from "@0no-co/graphql.web";

/** What gql.tada, client-preset and the like say of a document: what it takes, and what it answers. */
interface Typed<Data, Variables> {
  __apiType?: (variables: Variables) => Data;
}

/** An operation: text, or a parsed one, typed by whichever tool. */
export type Document<Data, Variables> = (string | String | { readonly kind: "Document" }) & Typed<Data, Variables>;

/** Variables of which `idempotencyKey` may be left out: the client makes one. */
export type Keyless<Variables> = {
  [Name in keyof Variables]: Variables[Name] extends { idempotencyKey: string }
    ? Omit<Variables[Name], "idempotencyKey"> & { idempotencyKey?: string }
    : Variables[Name];
};

const printed = new WeakMap<object, string>();

export function textOf(document: Document<any, any>): string {
  if (typeof document === "string" || document instanceof String) return document.toString();
  const known = printed.get(document) ?? print(document as unknown as DocumentNode);
  printed.set(document, known);
  return known;
}

export const isMutation = (text: string): boolean => /^\s*mutation\b/m.test(text);
