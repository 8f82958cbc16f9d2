/** Where to go on: a path of this shop, not //elsewhere. */
export const nextOf = (search: string): string => {
  const next = new URLSearchParams(search).get("next") ?? "/account";
  return /^\/(?!\/)/.test(next) ? next : "/";
};
