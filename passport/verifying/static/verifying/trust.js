// The trust root and the trust list: whose keys count for what, and who may award what, when (credentials/trust.py and
// trust_root.py). The list is signed by a key that the root names; the root by enough of its own keys.

import { bytesOf, canonicalJson, fromBase64Url, strictJson } from "./encoding.js";
import { parseCompact } from "./jws.js";
import { keyFromJwk } from "./keys.js";
import { day, instant, LEEWAY, list, map, millis, oneOf, orNull, record, seconds, text, whole } from "./reading.js";
import { KINDS } from "./records.js";
import { Refused } from "./refusals.js";

const LONGEST = 16 * 2 ** 20;
const MAX_ROOT = 65_536;
const AUDIT = "audit";
const AWARDING = ["approved", "conditions"];

const period = { from: orNull(day), until: orNull(day) };
const accreditation = record({
  required: { standard: text, state: oneOf("applied", "approved", "conditions", "suspended", "ended") },
  optional: period,
});
const organisation = record({
  required: { ods: text, name: text, kind: oneOf(...KINDS) },
  optional: {
    parent: orNull(text), successor: orNull(text), may_award: list(accreditation),
    aligned: list(record({ required: { subject: text }, optional: period })), signatory: orNull(record({ optional: period })),
  },
});
const trustedKey = record({
  required: {
    kid: text, jwk: map(text), purpose: text,
    state: oneOf("planned", "published", "active", "retiring", "retired", "compromised"),
  },
  optional: { active_at: orNull(instant), retiring_at: orNull(instant), retired_at: orNull(instant), issuer: orNull(text) },
});
const content = record({
  required: { iss: text, iat: whole(), exp: whole(), seq: whole(), keys: list(trustedKey) },
  optional: {
    organisations: list(organisation), agreement: orNull(record({ required: { name: text }, optional: { version: orNull(text) } })),
    certificate_roots: list(text),
  },
});
const rootContent = record({
  required: {
    type: oneOf("staff-passport-trust-root"), version: whole(1), expires: instant, threshold: whole(1),
    keys: list(record({ required: { role: oneOf("root", "trust_list"), jwk: map(text) } })),
  },
  optional: { signatures: list(record({ required: { kid: text, signature: text } })) },
});

export async function readRoot(bytes, now) {
  if (bytes.length > MAX_ROOT) throw new Refused("too_large", "root");
  const members = strictJson(bytes);
  if (!(members instanceof Map)) throw new Refused("malformed", "the root is not an object");
  const root = rootContent(members);
  const keys = { root: new Map(), trust_list: new Map() };
  for (const { role, jwk } of root.keys) {
    const key = await keyFromJwk(jwk);
    keys[role].set(key.kid, key);
  }
  const known = new Set([...keys.root.keys(), ...keys.trust_list.keys()]);
  if (known.size !== root.keys.length) throw new Refused("claim_type", "one key, one role");
  if (root.threshold > keys.root.size) throw new Refused("claim_type", "threshold");
  const message = bytesOf(canonicalJson(new Map([...members].filter(([name]) => name !== "signatures"))));
  let signers = 0;
  for (const key of keys.root.values()) if (await signedBy(key, root.signatures ?? [], message)) signers += 1;
  if (signers < root.threshold) throw new Refused("signature_invalid", "too few root keys signed");
  if (millis(root.expires) <= now) throw new Refused("trust_list_stale", "the root expired");
  return { version: root.version, expiresAt: millis(root.expires), keys };
}

async function signedBy(key, signatures, message) {
  for (const { kid, signature } of signatures) {
    if (kid !== key.kid) continue;
    try {
      await key.verify(fromBase64Url(signature), message);
      return true;
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure;
    }
  }
  return false;
}

export async function readTrustList(token, root, now) {
  checkRoot(root, now);
  const jws = parseCompact(token, { typ: "trust-list+jwt", longest: LONGEST });
  if (root.keys.root.has(jws.kid)) throw new Refused("key_not_for_purpose");
  const key = root.keys.trust_list.get(jws.kid);
  if (!key) throw new Refused("kid_unknown");
  await jws.verify(key);
  const trust = await trustListOf(jws.claims);
  if (trust.compromised.has(jws.kid)) throw new Refused("key_revoked");
  if (trust.issuedAt > now + LEEWAY) throw new Refused("iat_future");
  trust.checkFresh(now);
  return trust;
}

export function checkRoot(root, now) {
  if (root.expiresAt <= now) throw new Refused("trust_list_stale", "the root expired");
}

// The list that these claims make; their signature was checked before.
export const trustListOf = (claims) => TrustList.of(content(claims));

const covers = (each, on) => (each.from ?? "") <= on && (each.until == null || on <= each.until);

export class TrustList {
  static async of(said) {
    const trust = new TrustList();
    trust.iss = said.iss;
    trust.sequence = said.seq;
    [trust.issuedAt, trust.expiresAt] = [said.iat, said.exp].map((value) => seconds(value) * 1000);
    trust.roots = said.certificate_roots ?? [];
    trust.issuers = new Set([said.iss, ...said.keys.map((key) => key.issuer).filter(Boolean)]);
    trust.keys = await keysByKid(said.keys);
    trust.compromised = new Set(said.keys.filter((key) => key.state === "compromised").map((key) => key.kid));
    trust.organisations = new Map((said.organisations ?? []).map((each) => [each.ods, each]));
    if (trust.organisations.size !== (said.organisations ?? []).length) throw new Refused("claim_type", "listed twice");
    return trust;
  }

  checkFresh(now) {
    if (this.expiresAt <= now) throw new Refused("trust_list_stale");
  }

  // The key that an issuer used for a purpose at an instant.
  key(issuer, kid, purpose, at, { statusList = false } = {}) {
    if (!this.issuers.has(issuer)) throw new Refused("issuer_untrusted");
    if (this.compromised.has(kid)) throw new Refused("key_revoked");
    const entry = this.keys.get(kid);
    if (!entry) throw new Refused("kid_unknown");
    if ((entry.issuer || this.iss) !== issuer) throw new Refused("key_not_for_issuer");
    if (entry.purpose !== purpose) throw new Refused("key_not_for_purpose");
    if (!couldSign(entry, at, statusList)) throw new Refused("key_retired");
    return entry.public;
  }

  issuerOf(uri) {
    for (const issuer of this.issuers) if (uri.startsWith(`${issuer}/`)) return issuer;
    throw new Refused("issuer_untrusted");
  }

  // An organisation as an issuer of awards, under the list's name. Of one that is not listed only the code is shown.
  issuer(ods) {
    const listed = this.organisations.get(ods);
    return listed ? { ods, name: listed.name, kind: listed.kind } : { ods, name: ods, kind: "other" };
  }

  accredited(ods, standard, on) {
    const may = this.organisations.get(ods)?.may_award ?? [];
    return may.some((each) => each.standard === standard && AWARDING.includes(each.state) && covers(each, on));
  }

  suspended(ods, standard, on) {
    const may = this.organisations.get(ods)?.may_award ?? [];
    return may.some((each) => each.standard === standard && each.state === "suspended" && covers(each, on));
  }

  aligned(ods, subject, on) {
    return (this.organisations.get(ods)?.aligned ?? []).some((each) => each.subject === subject && covers(each, on));
  }

  signatory(ods, on) {
    const during = this.organisations.get(ods)?.signatory;
    return during != null && covers(during, on);
  }
}

function couldSign(entry, at, statusList) {
  if (["planned", "compromised"].includes(entry.state) || entry.active_at == null) return false;
  if (at < millis(entry.active_at) - LEEWAY) return false;
  const endedStates = statusList ? ["retired"] : ["retiring", "retired"];
  const endAt = statusList ? entry.retired_at : entry.retiring_at;
  return endAt == null ? !endedStates.includes(entry.state) : at <= millis(endAt);
}

async function keysByKid(entries) {
  const found = new Map();
  for (const entry of entries) {
    if (entry.purpose !== AUDIT) {
      entry.public = await keyFromJwk(entry.jwk);
      if (entry.public.kid !== entry.kid) throw new Refused("claim_type", "the name is not the thumbprint");
    }
    const other = found.get(entry.kid);
    if (other && ![entry.state, other.state].includes("compromised")) throw new Refused("claim_type", "listed twice");
    found.set(entry.kid, entry);
  }
  return found;
}

