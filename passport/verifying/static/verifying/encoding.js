// Bytes as text and text as values, with exactly one accepted spelling of each (credentials/encoding.py).
//
// In the order of the code: bytes; base64url without padding; DEFLATE with a cap, to its end and not beyond; strict
// JSON, whose objects are Maps (so no name is special and the order stays) and whose numbers keep apart what is written
// as a fraction; canonical JSON.

import { Refused } from "./refusals.js";

const MAX_DEPTH = 16;
const UTF8 = new TextEncoder();
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const bytesOf = (text) => UTF8.encode(text);
export const strictText = (bytes) => STRICT_UTF8.decode(bytes);
export const equal = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

export function toBase64Url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64Url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Refused("malformed", "not base64url");
  const bytes = fromBinary(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
  if (toBase64Url(bytes) !== text) throw new Refused("malformed", "not canonical base64url");
  return bytes;
}

// Standard base64, as certificates have it. Spare bits are not looked at, as Python does not either.
export function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new Refused("malformed", "not base64");
  return fromBinary(atob(text));
}

const fromBinary = (binary) => Uint8Array.from(binary, (character) => character.charCodeAt(0));

// Unpack to the last byte. `format` is "deflate" (ZLIB) or "deflate-raw". What is larger than the cap, cut off, or
// followed by anything fails: the browser's own stream refuses the last two.
export async function inflate(bytes, format, cap) {
  const stream = new DecompressionStream(format);
  const writing = stream.writable.getWriter();
  const fed = writing.write(bytes).then(() => writing.close());
  const reader = stream.readable.getReader();
  const parts = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > cap) throw new Error("too large");
      parts.push(value);
    }
    await fed;
  } catch (failure) {
    fed.catch(() => {});
    reader.cancel().catch(() => {});
    throw failure;
  }
  return joined(...parts);
}

// A number that was written with a fraction or an exponent; it is never a whole number, whatever its value.
export class Fraction {
  constructor(value) {
    this.value = value;
  }
}

export function strictJson(bytes) {
  let text;
  try {
    text = strictText(bytes);
  } catch {
    throw new Refused("json_invalid", "not UTF-8");
  }
  checkDepth(text);
  return new JsonReader(text).whole();
}

function checkDepth(text) {
  const outside = text.replace(/\\./gs, "").replace(/"[^"]*"/g, "");
  let depth = 0;
  for (const character of outside) {
    if (character === "{" || character === "[") depth += 1;
    if (character === "}" || character === "]") depth -= 1;
    if (depth > MAX_DEPTH) throw new Refused("json_invalid", "nested too deep");
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
// eslint-disable-next-line no-control-regex
const STRING = /"((?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"/y;
const WORDS = [["true", true], ["false", false], ["null", null]];

class JsonReader {
  constructor(text) {
    this.text = text;
    this.place = 0;
  }

  whole() {
    this.space();
    const value = this.value();
    this.space();
    if (this.place !== this.text.length) this.fail();
    if (/\\u[dD][89a-fA-F]/.test(this.text)) checkPairs(value);
    return value;
  }

  fail() {
    throw new Refused("json_invalid", "not strict JSON");
  }

  take(pattern) {
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.text);
    if (found) this.place = pattern.lastIndex;
    return found;
  }

  space() {
    this.take(SPACE);
  }

  value() {
    const first = this.text[this.place];
    if (first === "{") return this.object();
    if (first === "[") return this.array();
    if (first === '"') return this.string();
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.place)) {
        this.place += word.length;
        return value;
      }
    }
    return this.number();
  }

  string() {
    const found = this.take(STRING);
    if (!found) this.fail();
    return JSON.parse(found[0]);
  }

  number() {
    const found = this.take(NUMBER);
    if (!found) this.fail();
    const value = Number(found[0]);
    if (found[2] === undefined && found[3] === undefined) {
      if (!Number.isSafeInteger(value)) this.fail();
      return value === 0 ? 0 : value;
    }
    if (!Number.isFinite(value)) this.fail();
    return new Fraction(value);
  }

  array() {
    const elements = [];
    this.place += 1;
    this.space();
    if (this.text[this.place] === "]") {
      this.place += 1;
      return elements;
    }
    for (;;) {
      this.space();
      elements.push(this.value());
      if (this.ends("]")) return elements;
    }
  }

  object() {
    const members = [];
    this.place += 1;
    this.space();
    if (this.text[this.place] === "}") {
      this.place += 1;
      return new Map();
    }
    for (;;) {
      this.space();
      const name = this.string();
      this.space();
      if (this.text[this.place] !== ":") this.fail();
      this.place += 1;
      this.space();
      members.push([name, this.value()]);
      if (this.ends("}")) break;
    }
    const named = new Map(members);
    if (named.size !== members.length) throw new Refused("json_duplicate_key");
    return named;
  }

  ends(bracket) {
    this.space();
    const next = this.text[this.place];
    if (next !== "," && next !== bracket) this.fail();
    this.place += 1;
    return next === bracket;
  }
}

function checkPairs(value) {
  if (typeof value === "string" && !value.isWellFormed()) throw new Refused("json_invalid", "half of a pair");
  if (Array.isArray(value)) value.forEach(checkPairs);
  if (value instanceof Map) for (const [name, each] of value) (checkPairs(name), checkPairs(each));
}

// The one JSON text of a value (RFC 8785), for objects, arrays, strings, whole numbers, booleans and null.
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value instanceof Map) {
    const names = [...value.keys()].sort(byCodePoint);
    return `{${names.map((name) => `${quoted(name)}:${canonicalJson(value.get(name))}`).join(",")}}`;
  }
  if (value instanceof Fraction) return String(value.value);
  return typeof value === "string" ? quoted(value) : String(value);
}

const quoted = (text) => JSON.stringify(text);

function byCodePoint(one, other) {
  const [left, right] = [Array.from(one), Array.from(other)];
  for (let place = 0; place < Math.min(left.length, right.length); place += 1) {
    const difference = left[place].codePointAt(0) - right[place].codePointAt(0);
    if (difference) return difference;
  }
  return left.length - right.length;
}
