// Check a text that somebody shows, with the lists at hand, and say what was found: the same verdicts and reason codes
// as the service (credentials/verify.py and verified.py; a test runs the same texts through both). There is no network
// and no clock here: lists and `now` (milliseconds) are handed in.
//
//   lists = { trust, codeList (or null), statuses: { get(uri) -> list or undefined, may be async }, addresses: [] }

import { dayOf } from "./days.js";
import { looksLikeQr, openQr } from "./qr.js";
import { LEEWAY, written } from "./reading.js";
import { NO_SCOPE_OF_PRACTICE } from "./records.js";
import { checkOf, COULD_NOT_CHECK, Refused } from "./refusals.js";
import { openPresentation } from "./sd_jwt.js";
import { statusAt } from "./status_list.js";

const CHECKS = [
  "trust_list", "form", "signature", "claims", "disclosures", "key_binding", "status", "expiry", "award_issuers",
];
const [VALID, INVALID] = [0, 1];

export async function check(text, lists, now) {
  try {
    return verdictOn(await verified(text, lists, now), now);
  } catch (failure) {
    if (failure instanceof Refused) return refusal(failure.code, now);
    throw failure;
  }
}

// The verdict on a refusal. It says nothing of the checks that the refusal cut short.
export function refusal(code, now) {
  const couldNotCheck = COULD_NOT_CHECK.has(code);
  const failed = checkOf(code);
  const result = couldNotCheck ? "not_checked" : "failed";
  return {
    outcome: couldNotCheck ? "could_not_check" : "refused",
    reason: code,
    checks: CHECKS.map((name) => (name === failed ? checked(name, result, code, now) : checked(name, "not_checked"))),
    current: { result: null, expires_at: null },
    not_withdrawn: { result: null, as_of: null },
    holder: {},
    awards: [],
  };
}

async function verified(text, lists, now) {
  const { trust } = lists;
  const isQr = looksLikeQr(text);
  if (isQr && lists.codeList === null) throw new Refused("qr_code_list_unknown", "no code list at hand");
  trust.checkFresh(now);
  const checkTimes = ({ issuedAt, notBefore }) => {
    if (issuedAt > now + LEEWAY) throw new Refused("iat_future");
    if (notBefore !== null && notBefore > now + LEEWAY) throw new Refused("not_yet_valid");
  };
  const opened = isQr
    ? await openQr(text, { trust, codeList: lists.codeList, addresses: lists.addresses ?? [], checkTimes })
    : await openPresentation(text, trust, checkTimes);
  return { isQr, ...opened, ...judged(opened.content, trust, now), status: await lookUp(opened, lists.statuses, now) };
}

function judged(content, trust, now) {
  const today = dayOf(now);
  const awards = [...(content.training ?? []), ...(content.credentials ?? [])];
  const practice = content.advanced_practice;
  const sources = [...awards, ...(practice ? [practice] : [])].map((each) => each.issuer.ods);
  return {
    awards: awards.map((award) => ({ ...award, issuer: trust.issuer(award.issuer.ods), ...said(award, trust, today) })),
    practice: practice ? { ...practice, issuer: trust.issuer(practice.issuer.ods), ...recognised(practice, trust, today) } : null,
    hasUnlisted: sources.some((ods) => !trust.organisations.has(ods)),
  };
}

// What the trust list says of an award's issuer, on the award's day and today.
function said({ issuer, standard, subject, awarded_on: on }, trust, today) {
  return {
    accredited_then: trust.accredited(issuer.ods, standard, on),
    accredited_now: trust.accredited(issuer.ods, standard, today),
    aligned_then: trust.aligned(issuer.ods, subject, on),
    aligned_now: trust.aligned(issuer.ods, subject, today),
    suspended_now: trust.suspended(issuer.ods, standard, today),
    signatory: trust.signatory(issuer.ods, on),
  };
}

// Whether whoever recognised a level of practice might do so, on that day and today.
function recognised({ issuer, level, recognised_on: on }, trust, today) {
  const standard = `MPF-${level.toUpperCase()}`;
  return {
    accredited_then: trust.accredited(issuer.ods, standard, on),
    accredited_now: trust.accredited(issuer.ods, standard, today),
    suspended_now: trust.suspended(issuer.ods, standard, today),
  };
}

// Whether this copy was withdrawn. A list that is too old still tells of a withdrawal, and of nothing else.
async function lookUp({ terms, kid }, statuses, now) {
  if (terms.status === null) return { result: true, as_of: written(terms.issuedAt), reason: null };
  const list = await statuses.get(terms.status.uri);
  if (!list) return { result: null, as_of: null, reason: "status_missing" };
  if (list.uri !== terms.status.uri || list.kid !== kid) throw new Refused("status_uri_mismatch");
  const found = statusAt(list, terms.status.idx);
  const asOf = written(list.issuedAt);
  const isStale = list.expiresAt !== null && list.expiresAt <= now;
  if (found !== INVALID && isStale) return { result: null, as_of: asOf, reason: "status_stale" };
  if (found !== VALID) return { result: false, as_of: asOf, reason: "withdrawn" };
  return { result: true, as_of: asOf, reason: null };
}

function verdictOn({ isQr, terms, content, awards, practice, hasUnlisted, status }, now) {
  const isCurrent = now < terms.expiresAt + LEEWAY;
  const holder = { ...content };
  for (const name of ["training", "credentials", "advanced_practice"]) delete holder[name];
  if (holder.registrations?.length === 0) delete holder.registrations;
  const results = {
    disclosures: isQr ? ["not_checked"] : null,
    key_binding: ["not_checked"],
    status: [status.result === null ? "not_checked" : status.result ? "passed" : "failed", status.reason, status.as_of],
    expiry: isCurrent ? null : ["failed", "expired", now],
    award_issuers: hasUnlisted ? ["failed", "issuer_untrusted", now] : null,
  };
  return {
    outcome: status.result === null ? "could_not_check" : "genuine",
    reason: status.reason ?? (isCurrent ? null : "expired"),
    checks: CHECKS.map((name) => checked(name, ...(results[name] ?? ["passed", null, now]))),
    current: { result: isCurrent, expires_at: written(terms.expiresAt) },
    not_withdrawn: { result: status.result, as_of: status.as_of },
    holder,
    awards,
    ...(practice ? { advanced_practice: { ...practice, notice: NO_SCOPE_OF_PRACTICE } } : {}),
  };
}

const checked = (check, result, reason = null, at = null) => ({
  check, result, reason, at: typeof at === "number" ? written(at) : at,
});
