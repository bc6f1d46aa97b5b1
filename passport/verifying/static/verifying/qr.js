// The offline QR: its text, its claims and its content, read back into records (credentials/qr*.py, docs/qr.cddl). The
// steps and their order are those of docs/offline-qr.md, "How to check one".

import { decodeCbor, readMessage } from "./cbor.js";
import { addDays, addMonths, dayOf, startOf } from "./days.js";
import { bytesOf, canonicalJson, equal, fromBase64Url, hex, inflate, sha256 } from "./encoding.js";
import { DELIVERIES, EDITIONS, LEVELS, METHODS, PEDIGREES, PILLARS, ROUTES, withoutEmpty } from "./records.js";
import { Refused } from "./refusals.js";

const DOMAIN = "staff-passport-qr/1";
const PATH = "/v#";
const TEXT = /^(https?:\/\/[!-"$-~]{1,200})\/v#([1-9][0-9]{0,2599})$/;
const MAX_BYTES = 4096;
const [DEFLATED, PLAIN] = [1, 2];
const [ISSUER, EXPIRES_AT, ISSUED_AT, ID, STATUS, CONTENT] = [1, 4, 6, 7, 65535, -65537];
const MAX_SECONDS = 253_402_300_799;
const LIFE = { screen: 600, print: 90 * 86_400 };

export const looksLikeQr = (text) => /^https?:\/\//.test(text) && text.includes(PATH);

// Check a QR as far as its own content goes: its key, its terms and its content.
export async function openQr(text, { trust, codeList, addresses, checkTimes }) {
  const scanned = await readText(text);
  const message = readMessage(scanned.message, DOMAIN);
  const { terms, content } = readClaims(message.payload);
  const key = trust.key(terms.issuer, kidOf(message.keyId, trust), "qr", terms.issuedAt);
  await key.verify(message.signature, message.toBeSigned);
  if (scanned.address !== terms.issuer && !addresses.includes(scanned.address)) malformed("another address");
  checkTimes(terms);
  return { kid: key.kid, terms, content: await readContent(content, codeList, dayOf(terms.issuedAt), trust) };
}

const malformed = (detail) => {
  throw new Refused("qr_malformed", detail);
};
const unknown = (detail) => {
  throw new Refused("qr_code_list_unknown", detail);
};

async function readText(text) {
  const found = TEXT.exec(text);
  if (!found) malformed("not the text of a QR");
  const [packing, ...rest] = bytesOfNumber(BigInt(found[2]));
  const packed = Uint8Array.from(rest);
  if (packing === PLAIN) return { address: found[1], message: packed };
  if (packing !== DEFLATED) throw new Refused("qr_version");
  try {
    return { address: found[1], message: await inflate(packed, "deflate-raw", MAX_BYTES) };
  } catch {
    return malformed("not DEFLATE, too large, cut off or followed by something");
  }
}

function bytesOfNumber(number) {
  const digits = number.toString(16);
  const whole = digits.length % 2 ? `0${digits}` : digits;
  return whole.match(/../g).map((pair) => Number.parseInt(pair, 16));
}

function kidOf(keyId, trust) {
  const kids = [...trust.keys.values()]
    .filter((entry) => entry.purpose !== "audit" && equal(fromBase64Url(entry.kid).subarray(0, 8), keyId))
    .map((entry) => entry.kid);
  if (kids.length !== 1) throw new Refused("kid_unknown");
  return kids[0];
}

function readClaims(payload) {
  const members = decodeCbor(payload);
  if (!(members instanceof Map)) malformed("claims");
  const needed = [ISSUER, EXPIRES_AT, ISSUED_AT, ID, CONTENT];
  if (needed.some((key) => !members.has(key)) || [...members.keys()].some((key) => key !== STATUS && !needed.includes(key))) {
    malformed("not our claims");
  }
  const [issuer, expiresAt, issuedAt] = [ISSUER, EXPIRES_AT, ISSUED_AT].map((key) => members.get(key));
  const isTime = (value) => isWhole(value) && value >= 0 && value <= MAX_SECONDS;
  const isIssuer = typeof issuer === "string" && /^[!-~]*\n?$/.test(issuer) && issuer.length >= 1 && issuer.length <= 200;
  if (!isIssuer || !isTime(expiresAt) || !isTime(issuedAt)) malformed("claims");
  const id = members.get(ID);
  if (!(id instanceof Uint8Array) || id.length !== 8) malformed("cti");
  const status = readStatus(`https://${issuer}`, members.get(STATUS) ?? null);
  const life = expiresAt - issuedAt;
  if (!(life > 0 && life <= LIFE[status ? "print" : "screen"])) malformed("life");
  const terms = { issuer: `https://${issuer}`, issuedAt: issuedAt * 1000, expiresAt: expiresAt * 1000, status, notBefore: null };
  return { terms, content: members.get(CONTENT) };
}

function readStatus(issuer, status) {
  if (status === null) return null;
  if (!Array.isArray(status) || status.length !== 2 || !status.every(isNumber)) malformed("status");
  return { uri: `${issuer}/status-lists/${status[1]}`, idx: status[0] };
}

// --- Rows: arrays of fixed kinds ---------------------------------------------------------------------------------------

const isWhole = (value) => typeof value === "number" && Number.isInteger(value);
const isNumber = (value) => isWhole(value) && value >= 0 && value < 2 ** 31;
const isText = (value) => typeof value === "string";
const isDays = (value) => isWhole(value) && value > -50_000 && value < 50_000;
const orNull = (is) => (value) => value === null || is(value);
const either = (...kinds) => (value) => kinds.some((is) => is(value));
const listOf = (is) => (value) => Array.isArray(value) && value.every(is);
// The first kinds must be there; of the others any, but nothing empty stands at the end.
const row = (needed, further = []) => (value) =>
  Array.isArray(value) && value.length >= needed.length && value.length <= needed.length + further.length &&
  value.every((each, place) => [...needed, ...further][place](each)) &&
  value.at(-1) !== null;

const isSource = row([isNumber, isText, isNumber, orNull((value) => typeof value === "boolean"), isNumber, isNumber]);
const isAward = row([isNumber, isDays, isNumber, isDays], [orNull(isDays), orNull(isNumber)]);
const isRegistration = row([isText, isText, isDays, either(isNumber, isText), either(isNumber, isText), listOf(isText)]);
const isPractice = row([isNumber, isNumber, isNumber, listOf(isNumber), isText, isDays, isNumber]);
const isContent = row(
  [isNumber, isText, isText, isText, listOf(isText), orNull(isNumber), listOf(isRegistration), listOf(isSource), listOf(isAward)],
  [orNull(isPractice)],
);

async function readContent(value, codeList, issuedOn, trust) {
  if (!isContent(value)) malformed("content");
  const [version, number, givenName, familyName, organisations, employer, registrations, sources, awardRows, practice] = value;
  if (version > codeList.version) unknown(`needs version ${version}`);
  const read = new ContentReader({ number, sources, codeList, issuedOn, issuers: organisations.map((ods) => trust.issuer(ods)) });
  const awards = await read.awards(awardRows);
  const isCredential = (award) => read.kinds.get(award.standard) === "credential";
  return withoutEmpty({
    number,
    given_name: givenName,
    family_name: familyName,
    employer: employer === null ? null : read.employer(employer),
    registrations: registrations.map((each) => read.registration(each)),
    training: awards.filter((award) => !isCredential(award)),
    credentials: awards.filter(isCredential),
    advanced_practice: practice ? await read.practice(practice) : null,
  });
}

// Follows the numbers of the rows into the code list, the trust list and the rows' own tables.
class ContentReader {
  constructor(parts) {
    Object.assign(this, parts);
    this.kinds = new Map([...this.codeList.standards.values()].map((standard) => [standard.code, standard.kind]));
  }

  word(table, number, known) {
    const word = this.codeList.words[table].get(number);
    if (word === undefined || (known && !known.includes(word))) unknown(`number ${number}`);
    return word;
  }

  organisation(index) {
    return this.issuers[index] ?? malformed("content points to nothing");
  }

  async awards(rows) {
    const awards = [];
    let day = this.issuedOn;
    for (const each of rows) {
      day = addDays(day, -each[1]);
      awards.push(await this.award(each, day));
    }
    if (new Set(awards.map((award) => award.id)).size !== awards.length) malformed("an award is there twice");
    return awards;
  }

  async award([number, , sourceIndex, recorded, lasting = null, part = null], awardedOn) {
    const standard = this.codeList.standards.get(number) ?? unknown(`standard ${number}`);
    const source = this.sources[sourceIndex] ?? malformed("content points to nothing");
    const recordedOn = recorded >= 0 ? addDays(awardedOn, recorded) : addDays(this.issuedOn, 1 + recorded);
    const validUntil = lasting === null ? null : lastDay(awardedOn, lasting);
    const issuer = this.organisation(source[0]);
    const facts = [this.number, standard.framework, source[1], standard.code, part, awardedOn, issuer.ods];
    return withoutEmpty({
      id: await shortId(facts),
      standard: standard.code,
      framework: standard.framework,
      framework_version: source[1],
      subject: standard.subject,
      level: standard.level,
      variant: standard.variant,
      part,
      awarded_on: awardedOn,
      valid_until: validUntil,
      issuer,
      assurance: this.assurance(source, recordedOn),
    });
  }

  assurance([, , delivery, assessed, method, pedigree], recordedOn) {
    return {
      delivery: this.word("delivery", delivery, DELIVERIES),
      assessed,
      verification_method: this.word("verification_method", method, METHODS),
      pedigree: this.word("pedigree", pedigree, PEDIGREES),
      recorded_at: startOf(recordedOn),
    };
  }

  employer(index) {
    const { ods, name } = this.organisation(index);
    return { ods, name };
  }

  registration([body, number, checked, checkedBy, method, annotations]) {
    return {
      body,
      number,
      checked_at: startOf(addDays(this.issuedOn, -checked)),
      checked_by: isText(checkedBy) ? checkedBy : this.organisation(checkedBy).ods,
      method: isText(method) ? method : this.word("registration_method", method),
      ...(annotations.length ? { annotations } : {}),
    };
  }

  async practice([level, edition, route, pillars, profession, recognised, organisation]) {
    const found = {
      level: this.word("practice_level", level, LEVELS),
      edition: this.word("edition", edition, EDITIONS),
      route: this.word("route", route, ROUTES),
      pillars: pillars.map((number) => this.word("pillar", number, PILLARS)),
      base_profession: profession,
      recognised_on: addDays(this.issuedOn, -recognised),
      issuer: this.organisation(organisation),
    };
    return { id: await shortId([this.number, found.level, found.edition, found.recognised_on, found.issuer.ods]), ...found };
  }
}

const lastDay = (day, lasting) => (lasting >= 0 ? addMonths(day, lasting) : addDays(day, -lasting));
const shortId = async (facts) => `qr-${hex((await sha256(bytesOf(canonicalJson(facts)))).subarray(0, 8))}`;
