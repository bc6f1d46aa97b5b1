// Compact JWS with ES256, as strict as RFC 8725 asks, in the order of credentials/jws.py. The signature is checked later.

import { bytesOf, fromBase64Url, strictJson } from "./encoding.js";
import { Refused } from "./refusals.js";

const MAX_HEADER = 8192;
const FORBIDDEN = [
  "jku", "jwk", "x5u", "x5t", "x5t#S256", "zip", "b64", "cty", "url", "nonce", "ppt", "svt", "trust_chain",
  "enc", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c",
];

export function parseCompact(token, { typ, longest, x5cAllowed = false }) {
  if (lengthOf(token) > longest) throw new Refused("too_large");
  const last = token.lastIndexOf(".");
  const signed = token.slice(0, Math.max(last, 0));
  const dot = signed.indexOf(".");
  const payload = signed.slice(dot + 1);
  if (dot < 1 || payload.includes(".")) throw new Refused("malformed", "not three parts");
  const header = readHeader(signed.slice(0, dot), typ, x5cAllowed);
  const claims = strictJson(fromBase64Url(payload));
  if (!(claims instanceof Map)) throw new Refused("claim_type", "the payload is not an object");
  const signature = fromBase64Url(token.slice(last + 1));
  return { ...header, claims, signature, input: bytesOf(signed), verify: (key) => key.verify(signature, bytesOf(signed)) };
}

// Characters as Python counts them: a pair of surrogates is one.
export const lengthOf = (text) => (/[\ud800-\udfff]/.test(text) ? Array.from(text).length : text.length);

function readHeader(text, typ, x5cAllowed) {
  if (lengthOf(text) > MAX_HEADER) throw new Refused("too_large", "header");
  const members = strictJson(fromBase64Url(text));
  if (!(members instanceof Map)) throw new Refused("malformed", "the header is not an object");
  if (members.get("alg") !== "ES256") throw new Refused("alg_not_allowed");
  if (members.has("crit")) throw new Refused("crit_unsupported");
  if (FORBIDDEN.some((name) => members.has(name)) || (!x5cAllowed && members.has("x5c"))) {
    throw new Refused("header_forbidden");
  }
  if (members.get("typ") !== typ) throw new Refused("typ_mismatch");
  const kid = members.has("kid") ? members.get("kid") : "";
  if (typeof kid !== "string" || !kid) throw new Refused("kid_missing");
  return { kid, x5c: members.get("x5c") ?? null };
}
