import { useClient, useQuery } from "urql";
import { graphql, type ResultOf } from "../api/graphql.ts";
import { useSignedIn } from "../api/use.ts";
import { AddressParts } from "./AddressForm.tsx";

const Me = graphql(`query Me { me { id displayName email roles addresses { ...Address } } }`, [AddressParts]);

/** Who is here, with an account or as a guest, and where it goes to unless they say. `sure`: the same, once it is known. */
export function useMe() {
  const signedIn = useSignedIn();
  const client = useClient();
  const [{ data }] = useQuery({ query: Me, pause: !signedIn });
  const sure = async () => seenIn((await client.query(Me, {}).toPromise()).data);
  return { signedIn, sure, ...seenIn(data) };
}

function seenIn(data: ResultOf<typeof Me> | undefined) {
  const me = data?.me;
  return {
    me,
    isGuest: me?.roles.includes("GUEST") ?? false,
    address: me?.addresses.find((one) => one.isDefault) ?? me?.addresses[0],
  };
}
