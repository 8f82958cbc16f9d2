import { Shop } from "@rushcart/client";
import { cacheExchange, Client } from "@urql/core";
import { shopExchange } from "./exchange.ts";

const url = `${import.meta.env["VITE_SHOP_URL"] ?? "http://localhost:8000"}/graphql`;

export const shop = new Shop({ url, cookies: true, storage: localStorage });

/** One for each session: what somebody saw is nobody else's. */
export const newClient = (): Client =>
  new Client({ url, exchanges: [cacheExchange, shopExchange(shop)], requestPolicy: "cache-and-network", preferGetMethod: false });
