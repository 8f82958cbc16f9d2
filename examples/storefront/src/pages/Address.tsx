import { Redirect, useLocation, useSearch } from "wouter";
import { useTitle } from "../api/use.ts";
import { AddressForm } from "../parts/AddressForm.tsx";
import { useMe } from "../parts/me.ts";
import { nextOf } from "../parts/next.ts";
import { useTexts } from "../texts.tsx";

/** Before a sale: one press buys what goes to an address that is known. */
export function Address() {
  const { t } = useTexts();
  const { signedIn, me } = useMe();
  const [, go] = useLocation();
  const next = nextOf(useSearch());
  useTitle(t.whereTo);
  if (!signedIn) return <Redirect href="/sign-in" />;
  return (
    <div className="wide narrow">
      <h1>{t.whereTo}</h1>
      {me && <div className="sheet"><AddressForm name={me.displayName} done={() => go(next, { replace: true })} /></div>}
    </div>
  );
}
