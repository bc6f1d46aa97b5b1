// The lists that everybody may read, fetched from this service and checked under the trust root. Without a network the
// service worker answers from what it kept. How old they are is said by their signed parts, never by the network. What
// was seen once is never gone back from: only numbers are remembered for that, nothing about anybody.

import { bytesOf, strictJson } from "./encoding.js";
import { readCodeList } from "./code_list.js";
import { Refused } from "./refusals.js";
import { readStatusList } from "./status_list.js";
import { readRoot, readTrustList } from "./trust.js";

const MEMORY = "passport-newest";
const STATUS_PATH = /^\/status-lists\/([1-9][0-9]{0,8})$/;

// Return what to check with. Without a register there is nothing to check with, and that is the reason.
export async function loadLists(now, addresses) {
  const [rootText, trustText, codeText] = await Promise.all(["/trust-root", "/trust-list", "/code-list"].map(fetched));
  if (rootText === null || trustText === null) throw new Refused("trust_list_stale", "no list at hand");
  const root = await readRoot(bytesOf(rootText), now);
  notOlder("root", root.version, "trust_list_rolled_back");
  const trust = await readTrustList(trustText, root, now);
  notOlder("trust-list", trust.sequence, "trust_list_rolled_back");
  return { trust, codeList: await codeListOrNull(codeText, root, now), statuses: new StatusLists(trust, now), addresses };
}

// Fetch every status list, so that the service worker keeps them. Return the time of the oldest, in milliseconds.
export async function keepStatusLists({ statuses }) {
  const text = await fetched("/status-lists");
  const addresses = text === null ? [] : strictJson(bytesOf(text)).get("status_lists");
  const lists = await Promise.all(addresses.map((uri) => statuses.get(uri).catch(() => undefined)));
  const times = lists.filter(Boolean).map((list) => list.issuedAt);
  return times.length ? Math.min(...times) : null;
}

class StatusLists {
  constructor(trust, now) {
    Object.assign(this, { trust, now });
  }

  async get(uri) {
    const path = uri.startsWith(`${this.trust.iss}/`) ? uri.slice(this.trust.iss.length) : "";
    const text = STATUS_PATH.test(path) ? await fetched(path) : null;
    if (text === null) return undefined;
    const list = await readStatusList(text, { uri, trust: this.trust, now: this.now });
    notOlder(uri, list.issuedAt, "status_rolled_back");
    return list;
  }
}

async function codeListOrNull(text, root, now) {
  try {
    return text === null ? null : await readCodeList(text, root, now);
  } catch (failure) {
    if (failure instanceof Refused) return null;
    throw failure;
  }
}

async function fetched(path) {
  try {
    const answer = await fetch(path, { credentials: "omit", cache: "no-cache" });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

function notOlder(name, number, code) {
  let newest = {};
  try {
    newest = JSON.parse(localStorage.getItem(MEMORY)) ?? {};
    if (number >= (newest[name] ?? 0)) localStorage.setItem(MEMORY, JSON.stringify({ ...newest, [name]: number }));
  } catch {
    return; // a browser that keeps nothing goes without this
  }
  if (number < (newest[name] ?? 0)) throw new Refused(code);
}
