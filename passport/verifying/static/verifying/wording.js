// A verdict in words, as passport/verifying/wording.py says it on the server: separate facts, each with a state. The
// states and the sentences of the reasons come with the page; a test compares what both make of the same texts.

const ZONE = { timeZone: "Europe/London" };
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const LOCAL_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", ...ZONE });
const LOCAL_TIME = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "numeric", hourCycle: "h23", ...ZONE });
const DAY_LENGTH = 86_400_000;

export const day = (text) => DAY.format(Date.parse(`${text}T00:00:00Z`));

export function moment(value) {
  if (value === null) return "Not known";
  const at = new Date(value);
  const [hour, minute] = LOCAL_TIME.format(at).split(":").map(Number);
  return `${LOCAL_DAY.format(at)}, ${clockTime(hour, minute)}`;
}

function clockTime(hour, minute) {
  if (minute === 0 && hour % 12 === 0) return hour ? "midday" : "midnight";
  return `${hour % 12 || 12}${minute ? `:${String(minute).padStart(2, "0")}` : ""}${hour >= 12 ? "pm" : "am"}`;
}

export function facts(verdict, words) {
  if (verdict.current.result === null) return [refused(verdict, words)];
  return [
    { about: "Signature", state: "genuine", sentence: "It was signed by the registry and not changed since." },
    current(verdict),
    withdrawal(verdict, words),
    issuers(verdict),
    { about: "Acceptance", state: "not_decided", sentence: words.accepted },
  ];
}

// The fact that stands on top: the worst one, or that all is well.
export function onTop(verdict, words) {
  const found = facts(verdict, words);
  if (found.length === 1) return found[0];
  const of = (state) => found.find((fact) => fact.state === state);
  const bad = of("withdrawn") ?? of("expired");
  if (bad) return bad;
  const unknown = of("not_looked_up");
  if (unknown) return { about: "Result", state: "not_looked_up_top", sentence: unknown.sentence };
  return of("issuer_unknown") ?? { about: "Result", state: "good", sentence: of("not_withdrawn").sentence };
}

export const nameOf = ({ holder }) => [holder.given_name, holder.family_name].filter(Boolean).join(" ") || "Name not shown";

export const records = (verdict, words, now) => verdict.awards.map((award) => ({
  title: title(award),
  awardedOn: day(award.awarded_on),
  until: award.valid_until ? day(award.valid_until) : "None set",
  issuer: award.issuer.name,
  standing: standing(award),
  state: words.states[state(award, words, now)],
}));

// The recognised level of practice, and what it is not; null: the passport shows none.
export function practice({ advanced_practice: found }) {
  if (!found) return null;
  return {
    level: `${found.level[0].toUpperCase()}${found.level.slice(1)} practice`,
    profession: found.base_profession,
    issuer: found.issuer.name,
    on: day(found.recognised_on),
    edition: found.edition,
    standing: standing(found),
    notice: found.notice,
  };
}

function refused({ outcome, reason }, words) {
  const sentence = words.sentences[reason] ?? reason;
  if (outcome === "could_not_check") return { about: "Result", state: "could_not_check", sentence };
  if (reason === "issuer_untrusted") return { about: "Result", state: "issuer_unknown", sentence };
  return { about: "Result", state: words.something_else.includes(reason) ? "not_a_passport" : "not_genuine", sentence };
}

function current({ current: { result, expires_at: expiresAt } }) {
  const until = moment(expiresAt);
  if (result) return { about: "Dates", state: "in_date", sentence: `This copy can be used until ${until}.` };
  return { about: "Dates", state: "expired", sentence: `This copy ended on ${until}. Ask for a fresh one.` };
}

function withdrawal({ not_withdrawn: { result, as_of: at }, reason }, words) {
  const about = "Withdrawal";
  if (result === null) {
    const since = at ? ` The last list is of ${moment(at)}.` : "";
    return { about, state: "not_looked_up", sentence: `${words.sentences[reason]}${since}` };
  }
  if (result) return { about, state: "not_withdrawn", sentence: `Nobody had withdrawn this copy on ${moment(at)}.` };
  return { about, state: "withdrawn", sentence: `${words.sentences.withdrawn} The list is of ${moment(at)}.` };
}

function issuers({ checks }) {
  const failed = checks.some(({ check, result }) => check === "award_issuers" && result === "failed");
  return failed
    ? { about: "Issuers", state: "issuer_unknown", sentence: "At least one organisation that is named in it is not listed." }
    : { about: "Issuers", state: "issuers_known", sentence: "Their names below come from the register." };
}

function title({ subject, standard, level, variant, part }) {
  const more = [level && `level ${level}`, variant, part && `part ${part}`].filter(Boolean);
  return `${[subject, ...more].join(", ")} (${standard})`;
}

// What the trust list says of whoever awarded or recognised. Statutory training asks for no accreditation; there the
// declared alignment with its framework counts.
function standing(found) {
  const { suspended_now: suspended, accredited_then, accredited_now, aligned_then, aligned_now } = found;
  const framework = `aligned to ${found.framework}`;
  if (accredited_then && accredited_now && aligned_then && aligned_now) return `Accredited and ${framework} then and now`;
  const said = [];
  if (accredited_then || accredited_now) {
    said.push(thenAndNow("accredited", accredited_then, accredited_now, suspended ? "suspended" : "no longer"));
  } else if (suspended) said.push("suspended now");
  if (aligned_then || aligned_now) said.push(thenAndNow(framework, aligned_then, aligned_now, "no longer"));
  const sentence = said.join("; ") || "no accreditation or alignment listed";
  return sentence[0].toUpperCase() + sentence.slice(1);
}

function thenAndNow(what, then, now, ended) {
  if (!then) return `not ${what} then, ${what} now`;
  return now ? `${what} then and now` : `${what} then, ${ended} now`;
}

// The professional registrations that were shown, each with the day on which somebody last looked it up.
export const registrations = ({ holder }) => (holder.registrations ?? []).map((each) => ({
  body: each.body, number: each.number, checkedOn: LOCAL_DAY.format(Date.parse(each.checked_at)),
}));

function state({ valid_until: until }, words, now) {
  if (!until) return "no_end";
  const today = new Date(now).toISOString().slice(0, 10);
  const soon = new Date(now + words.soon_days * DAY_LENGTH).toISOString().slice(0, 10);
  if (until < today) return "expired";
  return until <= soon ? "expires_soon" : "in_date";
}
