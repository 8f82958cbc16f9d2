// Each client does what a shop front does, with what is given on the standard input; told is what came.
import { readFileSync } from 'node:fs';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { serverAudits } from 'graphql-http';
import { createClient } from 'graphql-sse';
import relay from 'relay-runtime';

const { url, email, password, staff, item, possibleTypes, png, product } = JSON.parse(readFileSync(0, 'utf8'));
const told = {};

const LOGIN = `mutation Login($email: String!, $password: String!) {
  login(input: { email: $email, password: $password }) { ... on Session { accessToken } } }`;
const PAGE = 'query Page($first: Int!) { products(first: $first) { edges { node { id title images { url } } } pageInfo { hasNextPage } } }';
const BUY = `mutation Buy($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) {
  __typename ... on Order { id status } ... on Error { code message } } }`;
const WATCH = 'subscription Watch($id: ID!) { orderUpdated(id: $id) { id status } }';
const wish = (key, quantity = 1) => ({ input: { itemId: item, quantity, idempotencyKey: key } });

async function signIn(who) {
  const body = JSON.stringify({ query: LOGIN, variables: who });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return { authorization: `Bearer ${(await answer.json()).data.login.accessToken}` };
}
const headers = await signIn({ email, password });

const audits = [];
for (const audit of serverAudits({ url })) audits.push(await audit.fn());
told.audits = { all: audits.length, ok: audits.filter((one) => one.status === 'ok').length,
  others: audits.filter((one) => one.status !== 'ok').map((one) => [one.name, one.reason]) };

const apollo = new ApolloClient({ link: new HttpLink({ uri: url, headers }), cache: new InMemoryCache({ possibleTypes }) });
const first = await apollo.query({ query: gql(PAGE), variables: { first: 2 } });
const bought = await apollo.mutate({ mutation: gql(BUY), variables: wish('apollo') });
const refused = await apollo.mutate({ mutation: gql(BUY), variables: wish('apollo-0', 0) });
told.apollo = { rows: first.data.products.edges.length, bought: bought.data.placeFlashOrder.status,
  refused: refused.data.placeFlashOrder };

const urql = new Client({ url, exchanges: [fetchExchange], fetchOptions: { headers } });
const page = await urql.query(PAGE, { first: 2 }).toPromise();
const again = await urql.mutation(BUY, wish('apollo')).toPromise();
told.urql = { rows: page.data.products.edges.length, same: again.data.placeFlashOrder.id === bought.data.placeFlashOrder.id };

const network = relay.Network.create(async (request, variables) => {
  const body = JSON.stringify({ query: request.text, variables });
  return (await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body })).json();
});
const environment = new relay.Environment({ network, store: new relay.Store(new relay.RecordSource()) });
const artifact = (await import('./relay/__generated__/page_Query.graphql.js')).default;
const rows = await relay.fetchQuery(environment, artifact, { first: 2 }).toPromise();
told.relay = { rows: rows.products.edges.length };

const order = bought.data.placeFlashOrder.id;
const live = createClient({ url, headers });
told.sse = [];
for await (const result of live.iterate({ query: WATCH, variables: { id: order } })) {
  told.sse.push(result.data.orderUpdated.status);
  if (told.sse.at(-1) === 'AWAITING_PAYMENT') break;
}

const uploading = new ApolloClient({
  link: new UploadHttpLink({ uri: url, headers: { ...(await signIn(staff)), 'apollo-require-preflight': '1' } }),
  cache: new InMemoryCache({ possibleTypes }),
});
const uploaded = await uploading.mutate({
  mutation: gql`mutation Image($input: AddProductImageInput!) { addProductImage(input: $input) {
    __typename ... on ProductImagePayload { image { width } } ... on Error { code message } } }`,
  variables: { input: { productId: product, file: new File([Buffer.from(png, 'base64')], 'a.png', { type: 'image/png' }) } },
});
told.upload = uploaded.data.addProductImage;

console.log(JSON.stringify(told));
process.exit(0);
