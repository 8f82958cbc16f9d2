import { useState } from "react";

/** What is behind the # of a mailed link, which no server is told; it does not stay in the address. `keepAs`: for this tab, under that name. */
export function useMailedToken(keepAs?: string): string {
  const [token] = useState(() => {
    const kept = keepAs ? sessionStorage.getItem(`token.${keepAs}`) : null;
    const found = new URLSearchParams(location.hash.slice(1)).get("token") ?? kept ?? "";
    if (keepAs && found) sessionStorage.setItem(`token.${keepAs}`, found);
    history.replaceState(null, "", location.pathname);
    return found;
  });
  return token;
}
