// The graph of Rushcart and a small subgraph of reviews, composed and asked: stdin has the URL and what to ask.
import { text } from "node:stream/consumers";
import { parse } from "graphql";
import { composeServices } from "@apollo/composition";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { composeServices as composeOpenly } from "@theguild/federation-composition";
import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from "@wundergraph/composition";

const { rushcart, reviews, operations } = JSON.parse(await text(process.stdin));

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.4", import: ["@key", "@shareable"])
  type Query { latestReviews: [Review!]! }
  type Review { stars: Int! product: Product by: User price: Money }
  type Product @key(fields: "id") { id: ID! reviews: [Review!]! }
  type User @key(fields: "id", resolvable: false) { id: ID! }
  type Money @shareable { amount: Decimal! currencyCode: String! }
  scalar Decimal
`);
const ofProduct = ({ id }) => ({ id, reviews: reviews.filter((one) => one.product.id === id) });
const resolvers = {
  Query: { latestReviews: () => reviews },
  Product: { __resolveReference: ofProduct },
};
const beside = new ApolloServer({ schema: buildSubgraphSchema({ typeDefs, resolvers }) });
const { url } = await startStandaloneServer(beside, { listen: { port: 0, host: "127.0.0.1" } });

const post = async (to, body, headers = {}) =>
  (await fetch(to, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) })).json();
const { data } = await post(rushcart, { query: "{ _service { sdl } }" });
const services = [
  { name: "reviews", url, typeDefs },
  { name: "rushcart", url: rushcart, typeDefs: parse(data._service.sdl) },
];

let sent = [];
class Forwarding extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    if (context.authorization) request.http.headers.set("authorization", context.authorization);
    sent.push(request.query);
  }
}

async function answers(compose) {
  const { supergraphSdl, errors } = compose(services);
  if (errors?.length) return { errors: errors.map(String) };
  const gateway = new ApolloGateway({ supergraphSdl, buildService: ({ url }) => new Forwarding({ url }) });
  const server = new ApolloServer({ gateway });
  const context = async ({ req }) => ({ authorization: req.headers.authorization });
  const running = await startStandaloneServer(server, { listen: { port: 0, host: "127.0.0.1" }, context });
  const told = [];
  for (const { query, variables, token } of operations) {
    sent = [];
    const answer = await post(running.url, { query, variables }, token ? { authorization: `Bearer ${token}` } : {});
    told.push({ data: answer.data, errors: answer.errors?.map(({ extensions }) => extensions.code), sent });
  }
  await server.stop();
  return { told };
}

const found = { apollo: await answers(composeServices), open: await answers(composeOpenly) };
// Cosmo's makes a plan for its own router.
const subgraphs = services.map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs }));
const { success, errors, warnings } = federateSubgraphs({ subgraphs, version: ROUTER_COMPATIBILITY_VERSION_ONE });
found.cosmo = { success, said: [...(errors ?? []), ...warnings].map(String) };
await beside.stop();
console.log(JSON.stringify(found));
process.exit(0);
