import type { FormEvent } from "react";
import { useQuery } from "urql";
import { graphql } from "../api/graphql.ts";
import { useAction } from "../api/use.ts";
import { useTexts } from "../texts.tsx";
import { Field, valuesOf } from "./Field.tsx";
import { Said } from "./Said.tsx";

export const AddressParts = graphql(`
  fragment Address on Address @_unmask {
    id recipient phone line1 line2 city region postalCode countryCode isDefault
  }
`);
const AddAddress = graphql(`
  mutation AddAddress($input: AddAddressInput!) {
    addAddress(input: $input) {
      __typename
      ... on Address { id }
      ... on InvalidInput { fields { path message } }
      ... on Error { code message }
    }
  }
`);

const Countries = graphql(`query Countries { shop { countries } }`);

/** What a country's addresses need is known to the shop, which says what is missing. */
export function AddressForm({ name, done }: { name: string; done: (id: string) => void }) {
  const { t } = useTexts();
  const { run, busy, problem } = useAction(AddAddress, ["User"]);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = valuesOf<"recipient" | "phone" | "line1" | "city" | "region" | "postalCode" | "countryCode">(event.currentTarget);
    const address = await run({ input: { ...values, region: values.region || null, postalCode: values.postalCode || null } });
    if (address) done(address.id);
  };
  return (
    <form className="address" onSubmit={submit}>
      <Field label={t.recipient} name="recipient" autoComplete="name" defaultValue={name} />
      <Field label={t.phone} name="phone" type="tel" autoComplete="tel" />
      <Field label={t.line1} name="line1" autoComplete="address-line1" />
      <Field label={t.city} name="city" autoComplete="address-level2" required={false} />
      <Field label={t.region} name="region" autoComplete="address-level1" required={false} />
      <Field label={t.postalCode} name="postalCode" autoComplete="postal-code" required={false} />
      <label className="field">
        <span>{t.country}</span>
        <Country />
      </label>
      <Said problem={problem} />
      <button className="quiet" disabled={busy}>{t.saveAddress}</button>
    </form>
  );
}

/** Where the shop ships to; the visitor's own is chosen. */
function Country() {
  const { language } = useTexts();
  const [{ data }] = useQuery({ query: Countries });
  const names = new Intl.DisplayNames(language, { type: "region" });
  const countries = (data?.shop.countries ?? []).map((code) => [code, names.of(code) ?? code] as const);
  const own = new Intl.Locale(navigator.language).maximize().region;
  return (
    <select name="countryCode" autoComplete="country" required key={countries.length} defaultValue={own}>
      {countries.toSorted(([, one], [, other]) => one.localeCompare(other, language)).map(([code, name]) => (
        <option key={code} value={code}>{name}</option>
      ))}
    </select>
  );
}
