export { Clock } from "./clock.ts";
export type { Document, Keyless } from "./documents.ts";
export { ShopError, type TopLevelError } from "./errors.ts";
export { Shop, type Entered, type Options } from "./shop.ts";
export type { Storage } from "./storage.ts";
