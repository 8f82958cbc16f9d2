import { useQuery } from "urql";
import { graphql } from "../api/graphql.ts";
import { useSignedIn } from "../api/use.ts";
import { AddressParts } from "./AddressForm.tsx";

const Me = graphql(`query Me { me { id displayName email roles addresses { ...Address } } }`, [AddressParts]);

/** Who is here, with an account or as a guest, and where it goes to unless they say. */
export function useMe() {
  const signedIn = useSignedIn();
  const [{ data }] = useQuery({ query: Me, pause: !signedIn });
  const me = data?.me;
  return {
    signedIn,
    me,
    isGuest: me?.roles.includes("GUEST") ?? false,
    address: me?.addresses.find((one) => one.isDefault) ?? me?.addresses[0],
  };
}
