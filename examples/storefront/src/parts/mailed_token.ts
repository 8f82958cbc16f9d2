import { useState } from "react";

/** What is behind the # of a mailed link, which no server is told; it does not stay in the address. */
export function useMailedToken(): string {
  const [token] = useState(() => {
    const found = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
    history.replaceState(null, "", location.pathname);
    return found;
  });
  return token;
}
