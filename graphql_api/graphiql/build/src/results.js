// What earlier answers found is filled into the variables of other tabs: `itemId` gets the id of the last FlashSaleItem,
// `orderId` that of the last Order, and so for every type, where the variable is "" or was filled in before.
const KINDS = { itemId: 'FlashSaleItem', saleId: 'FlashSale' };

const found = new Map(); // type → id
const ours = new Set(); // what we have filled in
const listeners = new Set();

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Remembers the first thing of each type in the answer that is not sold out. */
export function learnFrom(answer) {
  const seen = new Map();
  look(answer?.data, seen);
  for (const [kind, id] of seen) found.set(kind, id);
  if (seen.size) for (const listener of listeners) listener();
}

function look(value, seen) {
  if (!value || typeof value !== 'object') return;
  const kind = typeof value.id === 'string' && kindOf(value.id);
  if (kind && value.remaining !== 0 && !seen.has(kind)) seen.set(kind, value.id);
  for (const inner of Object.values(value)) look(inner, seen);
}

/** A global id is the base64 of `Type:key`. */
function kindOf(id) {
  try {
    return /^([A-Z]\w*):/.exec(atob(id))?.[1];
  } catch {
    return undefined;
  }
}

/** The text of a variables editor with what is known filled in; the text as it is when that is nothing new. */
export function fill(text) {
  let variables;
  try {
    variables = JSON.parse(text);
  } catch {
    return text; // it is being written
  }
  let changed = false;
  for (const [name, value] of Object.entries(variables ?? {})) {
    const id = /^\w+Id$/.test(name) && found.get(KINDS[name] ?? name[0].toUpperCase() + name.slice(1, -2));
    if (!id || id === value || !(value === '' || ours.has(value))) continue;
    variables[name] = id;
    ours.add(id);
    changed = true;
  }
  if (!changed) return text;
  // Something else is another intention.
  if (ours.has(variables.idempotencyKey)) variables.idempotencyKey = newKey();
  return JSON.stringify(variables, null, 2);
}

/** A key for an intention. crypto.randomUUID is for secure origins only. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  ours.add(key);
  return key;
}
