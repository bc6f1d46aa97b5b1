// The certificate that a passport may carry (`x5c`), by the rules of credentials/certificates.py: it adds no trust, and
// must be right for those who know nothing else.

import { certificate, elements, only, SEQUENCE } from "./der.js";
import { equal, fromBase64, joined, strictText, toBase64Url } from "./encoding.js";
import { LEEWAY } from "./reading.js";
import { Refused } from "./refusals.js";

const NAMES = "2.5.29.17";
const USAGE = "2.5.29.15";
const CONSTRAINTS = "2.5.29.19";
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const URI = 0x86;
const DNS = 0x82;
const DIGITAL_SIGNATURE = 0x80;
const CERTIFICATE_SIGNING = 0x04;
// SubjectPublicKeyInfo of a key on P-256, up to the point: 65 bytes, beginning with 4.
const P256_HEAD = Uint8Array.from([
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
  0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
]);
const P256 = { name: "ECDSA", namedCurve: "P-256" };

export async function checkCertificate(x5c, { key, issuer, signedAt, expiresAt, roots }) {
  if (!Array.isArray(x5c) || x5c.length !== 1 || typeof x5c[0] !== "string") throw new Refused("header_forbidden");
  const leaf = readLeaf(x5c[0]);
  if (leaf.isAuthority || !leaf.maySign) throw new Refused("key_not_for_purpose", "x5c");
  if (leaf.x !== key.x || leaf.y !== key.y || equal(leaf.issuer, leaf.subject)) {
    throw new Refused("key_not_for_issuer", "x5c: of another key, or self-signed");
  }
  if (!isOnly(leaf.addresses, issuer) || !isOnly(leaf.hosts, new URL(issuer).hostname)) {
    throw new Refused("key_not_for_issuer", "x5c: of another issuer");
  }
  if (roots.length && !(await signedByOne(leaf, roots))) throw new Refused("issuer_untrusted", "x5c");
  if (signedAt + LEEWAY < leaf.from || expiresAt > leaf.until) throw new Refused("key_retired", "x5c");
}

const isOnly = (found, wanted) => found.length === 1 && found[0] === wanted;

function readLeaf(text) {
  try {
    const read = certificate(fromBase64(text));
    const usage = read.extensions.has(USAGE) ? only(read.extensions.get(USAGE), 0x03).content[1] : null;
    const names = read.extensions.has(NAMES) ? elements(only(read.extensions.get(NAMES), SEQUENCE).content) : [];
    const named = (tag) => names.filter((name) => name.tag === tag).map((name) => strictText(name.content));
    return {
      ...read,
      ...pointOf(read.publicKey),
      addresses: named(URI),
      hosts: named(DNS),
      maySign: usage !== null && (usage & DIGITAL_SIGNATURE) !== 0,
      isAuthority: isAuthority(read.extensions) || (usage !== null && (usage & CERTIFICATE_SIGNING) !== 0),
    };
  } catch {
    throw new Refused("header_forbidden", "x5c: not a certificate of a P-256 key");
  }
}

function isAuthority(extensions) {
  if (!extensions.has(CONSTRAINTS)) return false;
  const [first] = elements(only(extensions.get(CONSTRAINTS), SEQUENCE).content);
  return first !== undefined && first.tag === 0x01 && first.content[0] !== 0;
}

function pointOf(info) {
  if (info.length !== P256_HEAD.length + 64 || !equal(info.subarray(0, P256_HEAD.length), P256_HEAD)) {
    throw new Error("not a key on P-256");
  }
  const point = info.subarray(P256_HEAD.length);
  return { x: toBase64Url(point.subarray(0, 32)), y: toBase64Url(point.subarray(32)) };
}

async function signedByOne(leaf, roots) {
  for (const root of roots) if (await signedBy(leaf, root)) return true;
  return false;
}

async function signedBy(leaf, text) {
  try {
    const root = certificate(fromBase64(text));
    if (!equal(leaf.issuer, root.subject) || leaf.algorithm !== ECDSA_SHA256) return false;
    const key = await crypto.subtle.importKey("spki", root.publicKey, P256, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, plain(leaf.signature), leaf.signedPart);
  } catch {
    return false;
  }
}

// Turn a DER signature into r and s side by side.
function plain(signature) {
  const numbers = elements(only(signature, SEQUENCE).content);
  return joined(...numbers.map(({ content }) => {
    const digits = content[0] === 0 ? content.subarray(1) : content;
    return joined(new Uint8Array(32 - digits.length), digits);
  }));
}
