import { initGraphQLTada, type ResultOf } from 'gql.tada';
import type { introspection } from './graphql-env.d.ts';

const graphql = initGraphQLTada<{ introspection: introspection; scalars: { Decimal: string; DateTime: string; ID: string } }>();
export const Buy = graphql(`
  mutation Buy($input: PlaceFlashOrderInput!) {
    placeFlashOrder(input: $input) {
      __typename
      ... on Order { id status total { amount currencyCode } }
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`);
type Outcome = ResultOf<typeof Buy>['placeFlashOrder'];
export function read(outcome: Outcome): string {
  if (outcome.__typename === 'Order') return outcome.total.amount;
  if (outcome.__typename === 'TryAgain') return String(outcome.retryAfterMs + 1);
  return outcome.code;
}
