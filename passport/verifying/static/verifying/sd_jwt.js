// SD-JWT (RFC 9901): a presentation split, its disclosures read, and what they show put back where its digests stand
// (credentials/sd_jwt.py); and our passport in it (sd_jwt_vc.py and passport_type.py).

import { checkCertificate } from "./certificates.js";
import { bytesOf, fromBase64Url, sha256, strictJson, toBase64Url } from "./encoding.js";
import { lengthOf, parseCompact } from "./jws.js";
import { keyFromJwk } from "./keys.js";
import { map, anything, record, seconds, text, textClaim, timeClaim, whole } from "./reading.js";
import { disclosedContent } from "./records.js";
import { Refused } from "./refusals.js";

const LONGEST = 131_072;
const MOST_DISCLOSURES = 512;
const MAX_DEPTH = 16;
const [DIGESTS, HASH, ELEMENT] = ["_sd", "_sd_alg", "..."];
const RESERVED = [DIGESTS, HASH, ELEMENT];
const ALWAYS_VISIBLE = ["iss", "iat", "nbf", "exp", "vct", "vct#integrity", "cnf", "status"];
const TYPE_PATH = "/types/staff-passport/v1";
const CLAIM_OF = {
  number: "sub", given_name: "given_name", family_name: "family_name", employer: "employer",
  registrations: "registrations", training: "training", credentials: "credentials", advanced_practice: "advanced_practice",
};

const statusReference = record({ required: { uri: text, idx: whole(0) }, strict: true });
const visibleClaims = record({
  required: { iss: text, vct: text, iat: seconds, exp: seconds, status: record({ required: { status_list: statusReference } }) },
  optional: { nbf: seconds, cnf: record({ required: { jwk: map(anything) } }) },
});

// Check the issuer's token and read what is shown of it: its key, its terms and its content.
export async function openPresentation(presentation, trust, checkTimes) {
  const shown = split(presentation);
  const jws = parseCompact(shown.token, { typ: "dc+sd-jwt", longest: LONGEST, x5cAllowed: true });
  const issuer = textClaim(jws.claims, "iss");
  const key = trust.key(issuer, jws.kid, "passport", timeClaim(jws.claims, "iat"));
  await jws.verify(key);
  if (jws.x5c !== null) {
    const [signedAt, expiresAt] = [timeClaim(jws.claims, "iat"), timeClaim(jws.claims, "exp")];
    await checkCertificate(jws.x5c, { key, issuer, signedAt, expiresAt, roots: trust.roots });
  }
  const terms = await readTerms(jws.claims);
  checkTimes(terms);
  const disclosures = await Promise.all(shown.disclosures.map(readDisclosure).map(withDigest));
  const content = toContent(revealClaims(jws.claims, disclosures));
  if (shown.proof) throw new Refused("kb_unexpected");
  return { kid: key.kid, terms, content };
}

function split(presentation) {
  if (lengthOf(presentation) > LONGEST) throw new Refused("too_large");
  const [token, ...disclosures] = presentation.split("~");
  if (!disclosures.length) throw new Refused("malformed", "no tilde");
  const proof = disclosures.pop();
  if (disclosures.length > MOST_DISCLOSURES) throw new Refused("too_large", "disclosures");
  return { token, disclosures, proof };
}

async function readTerms(claims) {
  const visible = visibleClaims(claims);
  if (visible.vct !== visible.iss + TYPE_PATH) throw new Refused("vct_unknown");
  if (visible.exp <= Math.max(visible.iat, visible.nbf ?? 0)) throw new Refused("claim_type", "exp");
  const status = visible.status.status_list;
  if (!status.uri.startsWith(`${visible.iss}/`)) throw new Refused("status_uri_mismatch", "of another issuer");
  if (visible.cnf) await keyFromJwk(visible.cnf.jwk);
  return {
    issuer: visible.iss, issuedAt: visible.iat * 1000, expiresAt: visible.exp * 1000, status,
    notBefore: visible.nbf === undefined ? null : visible.nbf * 1000,
  };
}

function readDisclosure(encoded) {
  let elements;
  try {
    elements = strictJson(fromBase64Url(encoded));
  } catch (failure) {
    if (failure.code === "json_duplicate_key") throw failure;
    throw new Refused("disclosure_malformed");
  }
  if (!Array.isArray(elements) || ![2, 3].includes(elements.length)) throw new Refused("disclosure_malformed", "elements");
  const name = elements.length === 3 ? elements[1] : null;
  if (elements.length === 3 && typeof name !== "string") throw new Refused("disclosure_malformed", "name");
  if (RESERVED.includes(name)) throw new Refused("disclosure_reserved_name");
  if (typeof elements[0] !== "string") throw new Refused("disclosure_malformed", "salt");
  return { encoded, name, value: elements.at(-1) };
}

const withDigest = async (disclosure) => ({ ...disclosure, digest: toBase64Url(await sha256(bytesOf(disclosure.encoded))) });

function revealClaims(claims, disclosures) {
  if (disclosures.some(({ name }) => ALWAYS_VISIBLE.includes(name))) throw new Refused("claim_not_disclosable");
  const revealed = reveal(claims, disclosures);
  for (const name of ["status", "cnf"]) {
    if (!same(revealed.get(name), claims.get(name))) throw new Refused("claim_not_disclosable");
  }
  return revealed;
}

function reveal(claims, disclosures) {
  if (claims.has(HASH) && claims.get(HASH) !== "sha-256") throw new Refused("sd_alg_unsupported");
  const byDigest = new Map(disclosures.map((disclosure) => [disclosure.digest, disclosure]));
  if (byDigest.size !== disclosures.length) throw new Refused("disclosure_duplicate");
  const revealing = new Revealing(byDigest);
  const shown = revealing.object(new Map([...claims].filter(([name]) => name !== HASH)), 0);
  for (const digest of byDigest.keys()) if (!revealing.seen.has(digest)) throw new Refused("disclosure_unreferenced");
  return shown;
}

// One walk over a payload, which counts every digest that it meets.
class Revealing {
  constructor(byDigest) {
    this.byDigest = byDigest;
    this.seen = new Set();
  }

  value(value, depth) {
    if (value instanceof Map) return this.object(value, depth + 1);
    return Array.isArray(value) ? this.array(value, depth + 1) : value;
  }

  object(members, depth) {
    if (depth > MAX_DEPTH) throw new Refused("disclosure_malformed", "nested too deep");
    if (members.has(HASH)) throw new Refused("sd_alg_unsupported", "inside an object");
    if (members.has(ELEMENT)) throw new Refused("disclosure_malformed", "an element's digest outside an array");
    const claims = new Map();
    for (const [name, value] of members) if (name !== DIGESTS) claims.set(name, this.value(value, depth));
    for (const disclosure of members.has(DIGESTS) ? this.lookUp(members.get(DIGESTS)) : []) {
      if (disclosure.name === null) throw new Refused("disclosure_malformed", "an element disclosed as a claim");
      if (claims.has(disclosure.name)) throw new Refused("disclosure_duplicate", "the claim is there already");
      claims.set(disclosure.name, this.value(disclosure.value, depth));
    }
    return claims;
  }

  array(elements, depth) {
    if (depth > MAX_DEPTH) throw new Refused("disclosure_malformed", "nested too deep");
    const hidden = (element) => element instanceof Map && element.has(ELEMENT);
    if (elements.length && elements.every(hidden)) return this.hiddenArray(elements, depth);
    return elements.flatMap((element) => (hidden(element) ? this.array([element], depth) : [this.value(element, depth)]));
  }

  hiddenArray(elements, depth) {
    if (elements.some((element) => element.size !== 1)) throw new Refused("disclosure_malformed", "beside other members");
    const shown = this.lookUp(elements.map((element) => element.get(ELEMENT)));
    if (shown.some(({ name }) => name !== null)) throw new Refused("disclosure_malformed", "a claim as an element");
    return shown.map(({ value }) => this.value(value, depth));
  }

  lookUp(digests) {
    if (!Array.isArray(digests) || digests.some((digest) => typeof digest !== "string")) {
      throw new Refused("disclosure_malformed", "a digest is not a string");
    }
    for (const digest of digests) {
      if (this.seen.has(digest)) throw new Refused("digest_duplicate");
      this.seen.add(digest);
    }
    return digests.map((digest) => this.byDigest.get(digest)).filter(Boolean);
  }
}

function toContent(claims) {
  const members = new Map();
  for (const [member, claim] of Object.entries(CLAIM_OF)) if (claims.has(claim)) members.set(member, claims.get(claim));
  if ([...members.values()].includes(null)) throw new Refused("claim_type", "a claim is null");
  return disclosedContent(members);
}

function same(one, other) {
  if (one instanceof Map && other instanceof Map) {
    return one.size === other.size && [...one].every(([name, value]) => other.has(name) && same(value, other.get(name)));
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, place) => same(value, other[place]));
  }
  return one === other || (one?.value !== undefined && one.value === other?.value);
}

