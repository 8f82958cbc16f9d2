import { graphql } from "./graphql.ts";
import { useAction } from "./use.ts";

const Pay = graphql(`
  mutation Pay($input: CreatePaymentInput!) {
    createPayment(input: $input) {
      __typename
      ... on Payment { id redirectUrl }
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`);

/** Go to the provider's page, which leads back to the order. */
export function usePay() {
  const { run, busy, problem } = useAction(Pay);
  const pay = async (orderId: string) => {
    const payment = await run({ input: { orderId, returnUrl: `${location.origin}/order/${orderId}` } });
    if (payment?.redirectUrl) location.assign(payment.redirectUrl);
  };
  return { pay, busy, problem };
}
