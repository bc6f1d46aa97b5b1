// CBOR with exactly one accepted spelling (RFC 8949 section 4.2.1) and of plain values only: whole numbers of 64 bits,
// text, bytes, arrays, maps with whole numbers as keys, true, false and null. And COSE_Sign1 with ES256 around it, as
// docs/qr.cddl has it (credentials/cose.py).

import { bytesOf, joined, strictText } from "./encoding.js";
import { Refused } from "./refusals.js";

const MAX_NESTING = 8;
const [POSITIVE, NEGATIVE, BYTES, TEXT, ARRAY, MAP, , SIMPLE] = [0, 1, 2, 3, 4, 5, 6, 7];
const SIMPLE_VALUES = new Map([[20, false], [21, true], [22, null]]);
const CONTEXT = "Signature1";
const [ALGORITHM, KEY_ID, ES256] = [1, 4, -7];

export function decodeCbor(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value(MAX_NESTING);
  if (reader.place !== bytes.length) fail("something trails behind");
  return value;
}

const fail = (detail) => {
  throw new Refused("qr_malformed", detail);
};

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.place = 0;
  }

  value(nestingLeft) {
    if (nestingLeft === 0) fail("nested too deep");
    const [kind, number] = this.head();
    switch (kind) {
      case POSITIVE: return plain(number);
      case NEGATIVE: return plain(-1n - number);
      case BYTES: return this.take(number);
      case TEXT: return readText(this.take(number));
      case ARRAY: return this.array(number, nestingLeft - 1);
      case MAP: return this.map(number, nestingLeft - 1);
      case SIMPLE: return SIMPLE_VALUES.has(Number(number)) ? SIMPLE_VALUES.get(Number(number)) : fail("not plain");
      default: return fail("a tag");
    }
  }

  // Read a head: its kind and its number, in the shortest spelling.
  head() {
    const [first] = this.take(1n);
    const [kind, short] = [first >> 5, first & 31];
    if (short < 24) return [kind, BigInt(short)];
    if (short > 27 || kind === SIMPLE) fail("not a head of ours");
    const size = 2 ** (short - 24);
    const number = this.take(BigInt(size)).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    if (number < (size === 1 ? 24n : 1n << BigInt(4 * size))) fail("not the shortest head");
    return [kind, number];
  }

  take(length) {
    if (length > BigInt(this.bytes.length - this.place)) fail("cut off");
    const taken = this.bytes.subarray(this.place, this.place + Number(length));
    this.place += Number(length);
    return taken;
  }

  array(length, nestingLeft) {
    if (length > BigInt(this.bytes.length - this.place)) fail("cut off");
    return Array.from({ length: Number(length) }, () => this.value(nestingLeft));
  }

  map(length, nestingLeft) {
    const found = new Map();
    let last = new Uint8Array();
    for (let left = length; left > 0n; left -= 1n) {
      const from = this.place;
      const [kind] = this.head();
      if (kind > NEGATIVE) fail("a key that is no whole number");
      const spelt = this.bytes.subarray(from, this.place);
      if (!isBefore(last, spelt)) fail("keys not in order");
      last = spelt;
      found.set(decodeCbor(spelt), this.value(nestingLeft));
    }
    return found;
  }
}

// Bytewise, and all heads of equal kinds sort by their numbers; the longer of two with one beginning comes last.
function isBefore(one, other) {
  for (let place = 0; place < Math.min(one.length, other.length); place += 1) {
    if (one[place] !== other[place]) return one[place] < other[place];
  }
  return one.length < other.length;
}

function plain(number) {
  if (number < -(2n ** 63n) || number >= 2n ** 63n) fail("more than 64 bits");
  const small = Number(number);
  return Number.isSafeInteger(small) ? small : number;
}

function readText(bytes) {
  try {
    return strictText(bytes);
  } catch {
    return fail("not UTF-8");
  }
}

// Read an untagged COSE_Sign1 without verifying it.
export function readMessage(bytes, domain) {
  const parts = decodeCbor(bytes);
  if (!Array.isArray(parts) || parts.length !== 4) fail("not a COSE_Sign1");
  const [headers, unprotected, payload, signature] = parts;
  const areBytes = [headers, payload, signature].every((part) => part instanceof Uint8Array);
  if (!areBytes || !(unprotected instanceof Map) || unprotected.size) fail("not a COSE_Sign1");
  if (signature.length !== 64) fail("signature is not 64 bytes");
  const keyId = keyIdIn(headers);
  const context = bytesOf(CONTEXT);
  const signed = [context, headers, bytesOf(domain), payload].map((part, place) => withHead(part, place ? BYTES : TEXT));
  return { keyId, payload, signature, toBeSigned: joined(Uint8Array.of((ARRAY << 5) | 4), ...signed) };
}

function keyIdIn(bytes) {
  const headers = decodeCbor(bytes);
  if (!(headers instanceof Map) || headers.size !== 2 || !headers.has(ALGORITHM) || !headers.has(KEY_ID)) {
    fail("not our protected header");
  }
  if (headers.get(ALGORITHM) !== ES256) throw new Refused("alg_not_allowed");
  const keyId = headers.get(KEY_ID);
  if (!(keyId instanceof Uint8Array) || keyId.length !== 8) fail("not a key id of 8 bytes");
  return keyId;
}

function withHead(part, kind) {
  const { length } = part;
  const major = kind << 5;
  if (length < 24) return joined(Uint8Array.of(major | length), part);
  if (length < 256) return joined(Uint8Array.of(major | 24, length), part);
  return joined(Uint8Array.of(major | 25, length >> 8, length & 255), part);
}
