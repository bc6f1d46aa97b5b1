// JSON values read strictly as records, with the fault that credentials/claims.py names: a member that lacks is
// `claim_missing`, everything else `claim_type`. A record becomes a plain object. Members are read in the order in which
// they stand, and what lacks is looked for last, as msgspec does, so that both verifiers name the same fault.

import { Refused } from "./refusals.js";

export const LEEWAY = 60_000; // milliseconds between the clocks of issuer and verifier
export const MAX_SECONDS = 253_402_300_799;
const MAX_YEAR = 9999;
const DAY = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const INSTANT = /^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))$/;

const wrong = (path) => {
  throw new Refused("claim_type", path);
};

export const text = (value, path) => (typeof value === "string" ? value : wrong(path));
export const boolean = (value, path) => (typeof value === "boolean" ? value : wrong(path));
export const anything = (value) => value;
export const whole = (least = -Number.MAX_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER) => (value, path) =>
  Number.isInteger(value) && value >= least && value <= most ? value : wrong(path);
export const seconds = whole(0, MAX_SECONDS);
export const oneOf = (...words) => (value, path) => (words.includes(value) ? value : wrong(path));
export const orNull = (kind) => (value, path) => (value === null ? null : kind(value, path));
export const map = (kind) => (value, path) => {
  if (!(value instanceof Map)) wrong(path);
  for (const [name, each] of value) kind(each, `${path}.${name}`);
  return value;
};
export const list = (kind) => (value, path) =>
  Array.isArray(value) ? value.map((each, place) => kind(each, `${path}[${place}]`)) : wrong(path);

export const day = (value, path) => (typeof value === "string" && isDay(value) ? value : wrong(path));

export function isDay(value) {
  const found = DAY.exec(value);
  if (!found) return false;
  const [year, month, date] = found.slice(1).map(Number);
  return year >= 1 && year <= MAX_YEAR && month >= 1 && month <= 12 && date >= 1 && date <= daysIn(year, month);
}

export const daysIn = (year, month) => [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
const isLeap = (year) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

// An instant with its zone; it stays the text that it was, written as the service writes it.
export function instant(value, path) {
  const found = typeof value === "string" ? INSTANT.exec(value) : null;
  if (!found || !isDay(found[1])) wrong(path);
  const [hours, minutes, secs] = found.slice(2, 5).map(Number);
  const [zoneHours, zoneMinutes] = found[7] ? [Number(found[8]), Number(found[9])] : [0, 0];
  if (hours > 23 || minutes > 59 || secs > 59 || zoneHours > 23 || zoneMinutes > 59) wrong(path);
  const micro = found[5] ? Math.round(Number(`0${found[5]}`) * 1e6) : 0;
  const fraction = micro ? `.${String(micro).padStart(6, "0")}` : "";
  const zone = zoneHours || zoneMinutes ? `${found[7]}${found[8]}:${found[9]}` : "Z";
  return `${found[1]}T${found[2]}:${found[3]}:${found[4]}${fraction}${zone}`;
}

export const millis = (value) => Date.parse(value);

// Make the reader of a record. `required` and `optional` give the kind of each member; `strict` refuses unknown ones.
export const record = ({ required = {}, optional = {}, strict = false }) => (value, path = "$") => {
  if (!(value instanceof Map)) wrong(path);
  const found = {};
  for (const [name, each] of value) {
    const kind = Object.hasOwn(required, name) ? required[name] : Object.hasOwn(optional, name) ? optional[name] : null;
    if (kind) found[name] = kind(each, `${path}.${name}`);
    else if (strict) wrong(path);
  }
  for (const name of Object.keys(required)) {
    if (!Object.hasOwn(found, name)) throw new Refused("claim_missing", `${path}.${name}`);
  }
  return found;
};

export function textClaim(claims, name) {
  const value = present(claims, name);
  return typeof value === "string" && value ? value : wrong(name);
}

// A time claim, in milliseconds.
export function timeClaim(claims, name) {
  return seconds(present(claims, name), name) * 1000;
}

function present(claims, name) {
  if (!claims.has(name)) throw new Refused("claim_missing", name);
  return claims.get(name);
}

// A moment as the service writes it in JSON.
export const written = (at) => new Date(at).toISOString().replace(/\.?0*Z$/, (end) => (end.startsWith(".") ? "Z" : end));
