import { Kind, parse } from 'graphql';
import { createClient } from 'graphql-sse';
import { post, read } from './post.js';
import * as results from './results.js';
import * as session from './session.js';

/** Sends an operation to `endpoint`, as who is signed in unless the headers editor says who asks. */
export function createFetcher(endpoint) {
  return async (given, { headers = {} } = {}) => {
    const { operation, kind } = understand(given);
    if (kind === 'subscription') return watch(endpoint, operation, headers);
    const answer = await send(endpoint, operation, headers);
    session.learnFrom(answer, answer.at);
    results.learnFrom(answer);
    return answer;
  };
}

/** What GraphiQL knows of the text is a moment old: of another tab, if that has just been left. */
function understand(operation) {
  let found;
  try {
    found = parse(operation.query).definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return { operation }; // the server says what is wrong
  }
  const named = found.find((one) => one.name?.value === operation.operationName) ?? (found.length === 1 ? found[0] : null);
  if (!named) return { operation };
  return { operation: { ...operation, operationName: named.name?.value }, kind: named.operation };
}

async function send(endpoint, operation, headers) {
  await session.fresh();
  const ownWord = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const token = session.current()?.token;
  const { authorization, ...others } = session.headers();
  const answer = await post(endpoint, operation, { ...others, ...(!ownWord && token && { authorization }), ...headers });
  if (answer.status !== 401 || ownWord || !token) return answer;
  // The token is out of date, so nothing was executed. Without it the answer says what needs signing in.
  session.forget();
  return post(endpoint, operation, { ...others, ...headers });
}

/** The results of a subscription, by server-sent events. It goes on after a restart of the server. */
function watch(endpoint, operation, headers) {
  const client = createClient({
    url: endpoint,
    credentials: 'same-origin',
    retryAttempts: 20,
    headers: async () => {
      await session.fresh();
      return { ...session.headers(), ...headers };
    },
  });
  const results_ = client.iterate(operation);
  return {
    next: () => results_.next().catch(refused),
    return: () => results_.return(),
    throw: (error) => results_.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Shows what the server said, in place of its status. */
async function refused(error) {
  if (!error.response || error.response.bodyUsed) throw error;
  return { done: false, value: await read(error.response) };
}
