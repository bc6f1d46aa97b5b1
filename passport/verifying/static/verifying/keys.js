// Keys of ECDSA on P-256 and their check of a signature, by WebCrypto (credentials/keys.py).

import { bytesOf, fromBase64Url, joined, sha256, toBase64Url } from "./encoding.js";
import { Refused } from "./refusals.js";

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SECRETS = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };

export class PublicKey {
  constructor(kid, x, y, imported) {
    Object.assign(this, { kid, x, y, imported });
  }

  // Check an ES256 signature of 64 bytes; returning means that it is right.
  async verify(signature, message) {
    if (signature.length !== 64) throw new Refused("signature_invalid", "not 64 bytes");
    for (const half of [signature.subarray(0, 32), signature.subarray(32)]) {
      const number = numberOf(half);
      if (number <= 0n || number >= ORDER) throw new Refused("signature_invalid", "out of range");
    }
    if (!(await crypto.subtle.verify(ES256, this.imported, signature, message))) throw new Refused("signature_invalid");
  }
}

export const numberOf = (bytes) => bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);

// Read a JWK (a Map) for ES256.
export async function keyFromJwk(jwk) {
  const is = (name, usual, wanted) => (jwk.has(name) ? jwk.get(name) : usual) === wanted;
  if (SECRETS.some((name) => jwk.has(name))) throw new Refused("claim_type", "jwk: holds a secret");
  if (!is("kty", null, "EC") || !is("crv", null, "P-256") || !is("alg", "ES256", "ES256")) {
    throw new Refused("claim_type", "jwk: not a key for ES256");
  }
  const operations = jwk.has("key_ops") ? jwk.get("key_ops") : ["verify"];
  if (!is("use", "sig", "sig") || !Array.isArray(operations) || !operations.includes("verify")) {
    throw new Refused("claim_type", "jwk: not for signatures");
  }
  const [x, y] = [jwk.get("x"), jwk.get("y")];
  if (typeof x !== "string" || typeof y !== "string") throw new Refused("claim_type", "jwk: no coordinates");
  return keyAt(x, y);
}

const known = new Map();

async function keyAt(x, y) {
  const name = `${x}.${y}`;
  if (!known.has(name)) known.set(name, await imported(x, y));
  return known.get(name);
}

async function imported(x, y) {
  let key;
  try {
    const coordinates = [x, y].map(fromBase64Url);
    if (coordinates.some((each) => each.length !== 32)) throw new Error("not 32 bytes");
    key = await crypto.subtle.importKey("raw", joined(Uint8Array.of(4), ...coordinates), P256, false, ["verify"]);
  } catch {
    throw new Refused("claim_type", "jwk: not a point on the curve");
  }
  const thumbprint = await sha256(bytesOf(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`));
  return new PublicKey(toBase64Url(thumbprint), x, y, key);
}
