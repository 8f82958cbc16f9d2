// Who is signed in: the access token of the last `Session` that the API answered with. It lives as long as
// the browser's tab. Refresh tokens are not kept.
const KEY = 'rushcart:session';
const listeners = new Set();
let session = read();

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function change(next) {
  session = next;
  try {
    if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Storage is switched off: memory will do.
  }
  for (const listener of listeners) listener();
}

export const current = () => session;
export const forget = () => change(null);

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Takes note of what an answer says: `login`, `register` and `refreshSession` sign in, `logout` signs out. */
export function learnFrom(answer) {
  for (const outcome of Object.values(answer?.data ?? {})) {
    if (typeof outcome?.accessToken === 'string') {
      change({ token: outcome.accessToken, email: outcome.user?.email ?? session?.email ?? null });
    } else if (outcome?.loggedOut === true) {
      forget();
    }
  }
}
