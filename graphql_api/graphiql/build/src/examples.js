import buy from './examples/buy.graphql';
import buyVariables from './examples/buy.json';
import signIn from './examples/sign_in.graphql';
import signInVariables from './examples/sign_in.json';
import watch from './examples/watch_the_order.graphql';
import watchVariables from './examples/watch_the_order.json';

/** The first tabs. `demo` may have the email and the password of a customer. */
export function exampleTabs({ email, password }) {
  return [
    tab(signIn, { ...signInVariables, ...(email && { email, password }) }),
    tab(buy, { ...buyVariables, idempotencyKey: randomKey() }),
    tab(watch, watchVariables),
  ];
}

const tab = (query, variables) => ({ query, variables: JSON.stringify(variables, null, 2) });

// crypto.randomUUID is for secure origins only.
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
