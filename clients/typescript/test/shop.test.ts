// Against a server that runs: SHOP_URL is its endpoint, with the demo's sale.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Shop, ShopError } from "../src/index.ts";
import { Memory } from "../src/storage.ts";
import { Flaky } from "./flaky.ts";
import { graphql } from "./graphql.ts";

const Sales = graphql(`query Sales { flashSales(status: [RUNNING]) { edges { node { items { id remaining variant { id } } } } } }`);
const Orders = graphql(`query Orders { me { orders { totalCount } } }`);
const Cart = graphql(`query Cart { cart { totalQuantity } }`);
const Add = graphql(`mutation Add($input: AddCartItemInput!) { addCartItem(input: $input) {
  __typename ... on CartPayload { cartToken } ... on Error { code } } }`);
const Buy = graphql(`mutation Buy($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) {
  __typename ... on Order { id number } ... on TryAgain { retryAfterMs } ... on Error { code message } } }`);
const Cancel = graphql(`mutation Cancel($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }`);
const Watch = graphql(`subscription Watch($id: ID!) { orderUpdated(id: $id) { status } }`);

const direct = process.env["SHOP_URL"]!;
const busy = JSON.stringify({ data: { placeFlashOrder: { __typename: "TryAgain", retryAfterMs: 300, code: "TRY_AGAIN", message: "" } } });
const way = new Flaky(direct);
let url: string;
let itemId: string;
let variantId: string;

before(async () => {
  url = await way.listen();
  const { flashSales } = await new Shop({ url: direct }).ask(Sales);
  const item = flashSales.edges.flatMap((edge) => edge.node.items).find((one) => one.remaining > 0)!;
  [itemId, variantId] = [item.id, item.variant.id];
});
beforeEach(() => {
  way.fates.length = way.seen.length = 0;
});
after(() => way.close());

async function customer(storage = new Memory(), patience = 15_000): Promise<Shop> {
  const shop = new Shop({ url, storage, patience });
  const email = `${crypto.randomUUID()}@example.com`;
  assert.deepEqual(await shop.register({ email, password: "correct horse battery", displayName: "Ada" }), { __typename: "Session" });
  way.seen.length = 0;
  return shop;
}

async function bought(shop: Shop): Promise<{ id: string; number: string }> {
  const { placeFlashOrder: order } = await shop.ask(Buy, { input: { itemId, quantity: 1 } });
  assert(order.__typename === "Order", JSON.stringify(order));
  return order;
}

const orders = async (shop: Shop): Promise<number> => (await shop.ask(Orders)).me!.orders.totalCount;
const keysSeen = (): string[] => way.seen.flatMap((body) => JSON.parse(body).variables?.input?.idempotencyKey ?? []);
const requests = (name: string): number => way.seen.filter((body) => body.includes(name)).length;

test("an answer that is lost is asked for again, and bought is once", async () => {
  const shop = await customer();
  way.fates.push("lose the answer", { status: 502, body: "<h1>Bad gateway</h1>", type: "text/html" });
  const first = await bought(shop);
  assert.equal(new Set(keysSeen()).size, 1);
  assert.equal(keysSeen().length, 3);
  assert.equal(await orders(shop), 1);
  assert.notEqual((await bought(shop)).number, first.number);
  assert.equal(new Set(keysSeen()).size, 2);
});

test("TryAgain is waited for as long as it says, not longer than there is patience", async () => {
  const shop = await customer(new Memory(), 1_000);
  way.fates.push({ status: 200, body: busy });
  const begun = performance.now();
  await bought(shop);
  assert(performance.now() - begun >= 295);
  way.fates.push(...Array.from({ length: 9 }, () => ({ status: 200, body: busy })));
  const { placeFlashOrder: answer } = await shop.ask(Buy, { input: { itemId, quantity: 1 } });
  assert.equal(answer.__typename, "TryAgain");
});

test("who wants the same again before the answer is known wants it once, also on a new page", async () => {
  const storage = new Memory();
  const shop = await customer(storage, 0);
  way.fates.push("lose the answer");
  await assert.rejects(bought(shop), { code: "NO_ANSWER" });
  const reloaded = new Shop({ url, storage });
  await bought(reloaded);
  assert.equal(new Set(keysSeen()).size, 1);
  assert.equal(await orders(reloaded), 1);
});

test("a mutation without a key is sent once", async () => {
  way.fates.push("lose the answer");
  const login = new Shop({ url }).login({ email: "nobody@example.com", password: "wrong" });
  await assert.rejects(login, (error) => error instanceof ShopError && error.code === "NO_ANSWER");
  assert.equal(way.seen.length, 1);
});

test("a session is renewed once, however many need it", async () => {
  const storage = new Memory();
  const shop = await customer(storage);
  const tokens = JSON.parse(storage.getItem("rushcart.session")!);
  storage.setItem("rushcart.session", JSON.stringify({ ...tokens, accessTokenExpiresAt: new Date().toISOString() }));
  assert.deepEqual(await Promise.all(Array.from({ length: 5 }, () => orders(shop))), [0, 0, 0, 0, 0]);
  assert.equal(requests("refreshSession"), 1);
  assert.notEqual(JSON.parse(storage.getItem("rushcart.session")!).refreshToken, tokens.refreshToken);
});

test("a token that is refused is renewed; a session that has ended is left", async () => {
  const storage = new Memory();
  const shop = await customer(storage);
  const tokens = JSON.parse(storage.getItem("rushcart.session")!);
  storage.setItem("rushcart.session", JSON.stringify({ ...tokens, accessToken: "nonsense" }));
  await bought(shop);
  assert.equal(requests("refreshSession"), 1);
  let told = 0;
  shop.session.onChange(() => told++);
  storage.setItem("rushcart.session", JSON.stringify({ ...tokens, accessToken: "nonsense", refreshToken: "nonsense" }));
  await assert.rejects(bought(shop), { code: "UNAUTHENTICATED" });
  assert.deepEqual([shop.session.signedIn, told], [false, 1]);
});

test("a guest's cart is the customer's once they sign up", async () => {
  const shop = new Shop({ url });
  await shop.ask(Add, { input: { variantId, quantity: 2 } });
  await shop.ask(Add, { input: { variantId, quantity: 1 } });
  assert.equal((await shop.ask(Cart)).cart!.totalQuantity, 3);
  await shop.register({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery", displayName: "Ada" });
  assert.equal((await shop.ask(Cart)).cart!.totalQuantity, 3);
  await shop.logout();
  assert.equal((await shop.ask(Cart)).cart, null);
});

test("a subscription goes on when its connection is lost, and ends by itself", async () => {
  const shop = await customer();
  const { id } = await bought(shop);
  way.fates.push("cut after a value");
  const seen: string[] = [];
  for await (const { orderUpdated } of shop.watch(Watch, { id })) {
    seen.push(orderUpdated.status);
    if (requests("orderUpdated") === 2 && orderUpdated.status === "AWAITING_PAYMENT") await shop.ask(Cancel, { input: { orderId: id } });
  }
  assert.equal(seen.at(-1), "CANCELLED");
  await assert.rejects(async () => {
    for await (const _ of new Shop({ url }).watch(Watch, { id }));
  }, { code: "UNAUTHENTICATED" });
});

test("the clock is the server's", async () => {
  const shop = new Shop({ url });
  await shop.ask(Cart);
  assert(Math.abs(shop.clock.now() - Date.now()) <= 1_500);
  shop.clock.learn(new Date(Date.now() + 3_600_000).toUTCString(), Date.now(), Date.now());
  assert(Math.abs(shop.clock.offset - 3_600_000) <= 1_500);
});

test("types: what is asked for is there, and nothing else", () => {
  const shop = new Shop({ url });
  const _unused = async () => {
    // @ts-expect-error: a quantity is a number
    await shop.ask(Buy, { input: { itemId, quantity: "2" } });
    const { placeFlashOrder: order } = await shop.ask(Buy, { input: { itemId, quantity: 2 } });
    // @ts-expect-error: only an Order has a number
    void order.number;
  };
});
