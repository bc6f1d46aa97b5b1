// DER (X.690) as far as certificates need it: elements with definite lengths, and the certificate's parts.

const CONTEXT = 0xa0;
export const SEQUENCE = 0x30;
export const OID = 0x06;

// Read one element: its tag, its content, its whole bytes, and the place behind it.
export function element(bytes, start = 0) {
  if (start + 2 > bytes.length) throw new Error("cut off");
  const tag = bytes[start];
  let length = bytes[start + 1];
  let place = start + 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4 || bytes[place] === 0) throw new Error("length");
    length = 0;
    for (let left = count; left > 0; left -= 1) length = length * 256 + bytes[place++];
    if (length < 0x80 || (count > 1 && length < 2 ** (8 * (count - 1)))) throw new Error("length");
  }
  const end = place + length;
  if (!(end <= bytes.length)) throw new Error("cut off");
  return { tag, content: bytes.subarray(place, end), whole: bytes.subarray(start, end), end };
}

export function only(bytes, tag) {
  const found = element(bytes);
  if (found.tag !== tag || found.end !== bytes.length) throw new Error("not one element of this kind");
  return found;
}

export function elements(bytes) {
  const found = [];
  for (let place = 0; place < bytes.length; ) {
    const next = element(bytes, place);
    found.push(next);
    place = next.end;
  }
  return found;
}

export function oid(bytes) {
  const numbers = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (!(byte & 0x80)) {
      numbers.push(number);
      number = 0;
    }
  }
  const first = Math.min(Math.floor(numbers[0] / 40), 2);
  return [first, numbers[0] - 40 * first, ...numbers.slice(1)].join(".");
}

// UTCTime and GeneralizedTime of certificates (RFC 5280 section 4.1.2.5), in milliseconds.
export function time({ tag, content }) {
  const said = String.fromCharCode(...content);
  const found = (tag === 0x17 ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/ : /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/).exec(said);
  if (!found) throw new Error("time");
  const [year, month, ...rest] = found.slice(1).map(Number);
  return Date.UTC(tag === 0x17 ? year + (year < 50 ? 2000 : 1900) : year, month - 1, ...rest);
}

// Take a certificate apart (RFC 5280 section 4.1).
export function certificate(bytes) {
  const [signedPart, algorithm, signature] = elements(only(bytes, SEQUENCE).content);
  const fields = elements(signedPart.content);
  if (fields[0].tag === CONTEXT) fields.shift();
  const [, , issuer, validity, subject, publicKey, ...others] = fields;
  const [from, until] = elements(validity.content).map(time);
  const extensions = others.find((field) => field.tag === (CONTEXT | 3));
  return {
    signedPart: signedPart.whole,
    algorithm: oid(elements(algorithm.content)[0].content),
    signature: signature.content.subarray(1),
    issuer: issuer.whole,
    subject: subject.whole,
    from,
    until,
    publicKey: publicKey.whole,
    extensions: extensions ? readExtensions(only(extensions.content, SEQUENCE).content) : new Map(),
  };
}

function readExtensions(bytes) {
  const found = new Map();
  for (const extension of elements(bytes)) {
    const parts = elements(extension.content);
    const name = oid(parts[0].content);
    if (found.has(name)) throw new Error("extension twice");
    found.set(name, parts.at(-1).content);
  }
  return found;
}
