// Calendar days as text (`2026-08-06`), counted and moved without time zones (credentials/periods.py).

import { daysIn } from "./reading.js";
import { Refused } from "./refusals.js";

const DAY = 86_400_000;
const LAST = "9999-12-31";

export const dayOf = (at) => new Date(at).toISOString().slice(0, 10);
export const startOf = (day) => `${day}T00:00:00Z`;

export function addDays(day, days) {
  const moved = new Date(Date.parse(startOf(day)) + days * DAY);
  const year = moved.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new Refused("qr_malformed", "outside of the calendar");
  return dayOf(moved);
}

// The same day months later, or the last day of that month where the day does not exist.
export function addMonths(day, months) {
  const [year, month, date] = day.split("-").map(Number);
  const all = year * 12 + month - 1 + months;
  const [newYear, newMonth] = [Math.floor(all / 12), (all % 12) + 1];
  if (newYear > 9999) return LAST;
  const newDate = Math.min(date, daysIn(newYear, newMonth));
  return [String(newYear).padStart(4, "0"), ...[newMonth, newDate].map((each) => String(each).padStart(2, "0"))].join("-");
}
