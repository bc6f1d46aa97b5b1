// The records that a passport carries, in the shape of credentials/records.py: strict, no unknown member.

import { boolean, day, instant, list, oneOf, orNull, record, text, whole } from "./reading.js";

const STRICT = { strict: true };
export const KINDS = [
  "nhs_trust", "icb", "region", "national_body", "academy", "education_provider", "gp_practice", "council",
  "private_provider", "other",
];
export const DELIVERIES = ["e_learning", "face_to_face", "blended", "unknown"];
export const METHODS = ["document", "record", "document_and_record", "not_verified"];
export const PEDIGREES = ["authoritative", "sourced"];
export const LEVELS = ["enhanced", "advanced", "consultant"];
export const EDITIONS = ["2017", "2025"];
export const ROUTES = ["programme", "eportfolio"];
// Said wherever a recognition is shown, as credentials/records.py says it; a test holds the two equal.
export const NO_SCOPE_OF_PRACTICE = "Recognition confers no scope of practice: the employer decides on that.";
export const PILLARS = ["clinical_practice", "leadership_and_management", "education", "research"];

const issuer = record({ required: { ods: text, name: text, kind: oneOf(...KINDS) }, ...STRICT });

const assurance = record({
  required: {
    delivery: oneOf(...DELIVERIES), assessed: orNull(boolean), verification_method: oneOf(...METHODS),
    pedigree: oneOf(...PEDIGREES), recorded_at: instant,
  },
  ...STRICT,
});

const awardAsRead = record({
  required: {
    id: text, standard: text, framework: text, framework_version: text, subject: text, awarded_on: day, issuer, assurance,
  },
  optional: { level: orNull(text), variant: orNull(text), part: orNull(whole()), valid_until: orNull(day) },
  ...STRICT,
});

const practice = record({
  required: {
    id: text, level: oneOf(...LEVELS), edition: oneOf(...EDITIONS), route: oneOf(...ROUTES),
    pillars: list(oneOf(...PILLARS)), base_profession: text, recognised_on: day, issuer,
  },
  ...STRICT,
});

const registration = record({
  required: { body: text, number: text, checked_at: instant, checked_by: text, method: text },
  optional: { annotations: list(text) },
  ...STRICT,
});

const employer = record({ required: { ods: text, name: text }, ...STRICT });
const award = (value, path) => withoutEmpty(awardAsRead(value, path));

// Empty members are left out, as the service leaves them out.
export const withoutEmpty = (members) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));

// What a passport says as far as it was shown, by the names of the content and not of the claims.
export const disclosedContent = record({
  optional: {
    number: text, given_name: text, family_name: text, employer,
    registrations: list((value, path) => withoutNone(registration(value, path))),
    training: list(award), credentials: list(award), advanced_practice: practice,
  },
  ...STRICT,
});

function withoutNone(found) {
  if (found.annotations?.length === 0) delete found.annotations;
  return found;
}
