import buy from './examples/buy.graphql';
import buyVariables from './examples/buy.json';
import find from './examples/find.graphql';
import findVariables from './examples/find.json';
import pay from './examples/pay.graphql';
import payVariables from './examples/pay.json';
import watch from './examples/watch.graphql';
import watchVariables from './examples/watch.json';
import { newKey } from './results.js';

/** The first tabs. */
export function exampleTabs() {
  return [tab(find, findVariables), tab(buy, buyVariables), tab(pay, payVariables), tab(watch, watchVariables)];
}

function tab(query, variables) {
  const own = 'idempotencyKey' in variables ? { idempotencyKey: newKey() } : {};
  return { query, variables: JSON.stringify({ ...variables, ...own }, null, 2) };
}
