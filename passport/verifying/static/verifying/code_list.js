// The signed code list: which small number in an offline QR stands for what (credentials/code_list.py).

import { parseCompact } from "./jws.js";
import { day, LEEWAY, list, map, oneOf, orNull, record, text, timeClaim, whole } from "./reading.js";
import { Refused } from "./refusals.js";
import { checkRoot } from "./trust.js";

const LONGEST = 4 * 2 ** 20;
const TABLES = [
  "delivery", "verification_method", "pedigree", "practice_level", "edition", "route", "pillar", "registration_method",
];

const renewal = record({
  required: { source: text },
  optional: { months: orNull(whole()), from_on: orNull(day), until_on: orNull(day) },
  strict: true,
});
const carryOver = record({
  required: { version: text, from_on: day, worth: oneOf("as_before", "in_part", "unclear"), source: text },
  strict: true,
});
const standard = record({
  required: {
    code: text, number: whole(), kind: oneOf("statutory", "credential", "advanced_practice"), framework: text, framework_version: text,
    subject: text, title: text,
  },
  optional: {
    level: orNull(text), rank: orNull(whole()), variant: orNull(text),
    parts: list(record({ required: { number: whole(), title: text }, strict: true })),
    satisfies: list(text), renewals: list(renewal), carry_overs: list(carryOver),
  },
  strict: true,
});
const content = record({
  required: {
    iss: text, iat: whole(), exp: whole(), version: whole(), standards: list(standard),
    words: record({ required: Object.fromEntries(TABLES.map((name) => [name, map(whole())])) }),
  },
});

export async function readCodeList(token, root, now) {
  checkRoot(root, now);
  const jws = parseCompact(token, { typ: "code-list+jwt", longest: LONGEST });
  const key = root.keys.trust_list.get(jws.kid);
  if (!key) throw new Refused("kid_unknown");
  await jws.verify(key);
  const codes = codeListOf(jws.claims);
  if (codes.issuedAt > now + LEEWAY) throw new Refused("iat_future");
  if (codes.expiresAt <= now) throw new Refused("trust_list_stale", "code list");
  return codes;
}

// The list that these claims make; their signature was checked before.
export function codeListOf(claims) {
  const said = content(claims);
  checkNumbers(said);
  const [issuedAt, expiresAt] = ["iat", "exp"].map((name) => timeClaim(claims, name));
  const words = {};
  for (const name of TABLES) words[name] = new Map([...said.words[name]].map(([word, number]) => [number, word]));
  const standards = new Map(said.standards.map((each) => [each.number, each]));
  return { version: said.version, issuedAt, expiresAt, standards, words };
}

function checkNumbers({ standards, words }) {
  const tables = [...TABLES.map((name) => [...words[name].values()]), standards.map((each) => each.number)];
  const isWrong = (numbers) => new Set(numbers).size !== numbers.length || numbers.some((number) => number < 0);
  if (tables.some(isWrong)) throw new Refused("claim_type", "a number is negative or stands for two things");
  if (new Set(standards.map((each) => each.code)).size !== standards.length) throw new Refused("claim_type", "code twice");
}
