// Who is signed in. Where the server keeps sessions in cookies, no script sees a token. Elsewhere the access token lives
// as long as the browser's tab, and the refresh token as long as the page. Either way it is renewed before it ends.
import { post } from './post.js';

const KEY = 'rushcart:session';
const SEEN = 'rushcart:has-session';
const SPARE_MS = 60_000;
const AGAIN_MS = 10_000;

const USER = 'user { email roles }';
const SESSION = `__typename ... on Session { accessToken accessTokenExpiresAt refreshToken ${USER} } ... on Error { code message }`;
const SIGN_IN = `mutation SignIn($email: String!, $password: String!) {
  login(input: { email: $email, password: $password }) { ${SESSION} }
}`;
const RENEW = `mutation RenewSession($refreshToken: String) {
  refreshSession(input: { refreshToken: $refreshToken }) { ${SESSION} }
}`;
const SIGN_OUT = `mutation SignOut($refreshToken: String) {
  logout(input: { refreshToken: $refreshToken }) { __typename }
}`;
const WHO = 'query WhoAmI { me { email roles } }';

const listeners = new Set();
let endpoint = '/graphql';
let session = null;
let timer;
let renewing = null;

export const current = () => session;

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What says who is asking. The cookies go along by themselves, with a header that no page of another site can send. */
export function headers() {
  return {
    'x-requested-with': 'GraphiQL',
    ...(session?.token && { authorization: `Bearer ${session.token}` }),
  };
}

/** Takes up the session that this browser has, if it has one. */
export async function resume(at) {
  endpoint = at;
  const kept = read(sessionStorageOrNone(), KEY);
  if (kept) {
    change(kept);
    return;
  }
  const me = (await ask(WHO, {})).data?.me;
  if (me) change({ email: me.email, roles: me.roles });
  if (me || read(localStorageOrNone(), SEEN)) await renew();
}

/** Returns why not, or null. */
export async function signIn(email, password) {
  const answer = await ask(SIGN_IN, { email, password }, { 'x-session-mode': 'cookie' });
  const outcome = answer.data?.login;
  if (outcome?.__typename === 'Session') {
    begin(outcome, answer.at);
    return null;
  }
  return outcome?.message ?? answer.errors?.[0]?.message ?? 'The server did not answer.';
}

export async function signOut() {
  await ask(SIGN_OUT, { refreshToken: session?.refreshToken ?? null });
  forget();
}

/** Renews the session if it has no more time for a request: a machine that slept missed its timer. */
export async function fresh() {
  if (renewing) await renewing;
  else if (session?.renewAt && Date.now() > session.renewAt) await renew();
}

export function forget() {
  clearTimeout(timer);
  write(localStorageOrNone(), SEEN, null);
  change(null);
}

/** Takes note of what an operation in the editor did: `login`, `register` and `refreshSession` give tokens. */
export function learnFrom(answer, at) {
  for (const outcome of Object.values(answer?.data ?? {})) {
    if (outcome?.accessToken) begin(outcome, at);
    else if (outcome?.loggedOut === true) forget();
  }
}

function begin({ accessToken, accessTokenExpiresAt, refreshToken, user }, at) {
  const next = { email: user?.email ?? session?.email ?? '', roles: user?.roles ?? session?.roles ?? [] };
  if (accessToken) Object.assign(next, { token: accessToken, refreshToken: refreshToken || null });
  else write(localStorageOrNone(), SEEN, true);
  clearTimeout(timer);
  if (accessTokenExpiresAt && (!accessToken || refreshToken)) {
    // By the server's clock: this machine's may be wrong.
    const lifetime = Date.parse(accessTokenExpiresAt) - at;
    wait(next, Math.max(lifetime - SPARE_MS, lifetime / 2));
  }
  change(next);
}

function wait(next, ms) {
  next.renewAt = Date.now() + ms;
  timer = setTimeout(renew, ms);
}

function renew() {
  renewing ??= exchange().finally(() => {
    renewing = null;
  });
  return renewing;
}

async function exchange() {
  const before = session;
  const answer = await ask(RENEW, { refreshToken: before?.refreshToken ?? null });
  if (session !== before) return; // somebody signed in or out meanwhile
  const outcome = answer.data?.refreshSession;
  if (outcome?.__typename === 'Session') begin(outcome, answer.at);
  else if (outcome?.code === 'SESSION_EXPIRED') forget();
  else if (session) wait(session, AGAIN_MS); // the server is away, or busy
}

async function ask(query, variables, others = {}) {
  const { authorization: _, ...own } = headers(); // a token that is out of date would be refused
  try {
    return await post(endpoint, { query, variables }, { ...own, ...others });
  } catch {
    return { at: Date.now() };
  }
}

function change(next) {
  session = next;
  // No refresh token is kept.
  const { refreshToken: _, renewAt: __, ...kept } = next ?? {};
  write(sessionStorageOrNone(), KEY, next?.token ? kept : null);
  for (const listener of listeners) listener();
}

// Storage may be switched off: memory will do.
function sessionStorageOrNone() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

function localStorageOrNone() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function read(storage, key) {
  try {
    return JSON.parse(storage?.getItem(key) ?? null);
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  try {
    if (value) storage?.setItem(key, JSON.stringify(value));
    else storage?.removeItem(key);
  } catch {
    // It is full.
  }
}
