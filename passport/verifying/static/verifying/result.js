// Shows a verdict on the page, in the same form as templates/verifying/parts.html. Everything that comes from a passport
// is put in as text, never as HTML.

import { facts, nameOf, onTop, practice, records, registrations } from "./wording.js";

const COLUMNS = ["Record", "Awarded", "Until", "Issuer", "State"];

export function show(place, verdict, words, now) {
  const top = onTop(verdict, words);
  const shown = words.states[top.state];
  const parts = [
    make("div", `app-result app-result--${shown.colour}`, [
      make("h2", "nhsuk-heading-l app-result__title", [icon(shown), ` ${shown.text}`]),
      make("p", "", [top.sentence]),
    ]),
  ];
  if (verdict.current.result !== null) parts.push(...holder(verdict), list(facts(verdict, words), words), ...table(records(verdict, words, now)), ...level(practice(verdict)), ...registered(registrations(verdict)));
  place.replaceChildren(...parts);
  place.hidden = false;
  place.focus();
}

function make(name, classes, children = [], attributes = {}) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

const icon = (shown) => make("span", "", [shown.icon], { "aria-hidden": "true" });
const state = (shown) => make("strong", `nhsuk-tag nhsuk-tag--${shown.colour}`, [icon(shown), ` ${shown.text}`]);
const foreign = (text) => make("bdi", "", [text]);

const holder = (verdict) => [
  make("p", "app-holder", [make("span", "nhsuk-u-visually-hidden", ["Name: "]), foreign(nameOf(verdict))]),
  ...(verdict.holder.employer ? [make("p", "", ["Works at ", foreign(verdict.holder.employer.name), "."])] : []),
  make("p", "", [
    make("strong", "", ["Check the name against photo ID."]),
    " A passport proves the record, not the person who shows it.",
  ]),
];

const list = (found, words) =>
  make("dl", "nhsuk-summary-list app-facts", found.map((fact) => {
    const shown = words.states[fact.state];
    return make("div", "nhsuk-summary-list__row nhsuk-summary-list__row--no-actions", [
      make("dt", "nhsuk-summary-list__key", [fact.about]),
      make("dd", `nhsuk-summary-list__value app-fact app-fact--${shown.colour}`, [state(shown), make("br"), fact.sentence]),
    ]);
  }));

function table(rows) {
  if (!rows.length) {
    return [make("h2", "nhsuk-heading-m", ["Records shown"]), make("p", "", ["The passport shows no records."])];
  }
  const heading = (text) => make("th", "nhsuk-table__header", [text], { role: "columnheader", scope: "col" });
  return [
    make("table", "nhsuk-table-responsive app-records", [
      make("caption", "nhsuk-table__caption nhsuk-table__caption--m", ["Records shown"]),
      make("thead", "nhsuk-table__head", [make("tr", "", COLUMNS.map(heading), { role: "row" })], { role: "rowgroup" }),
      make("tbody", "nhsuk-table__body", rows.map(row)),
    ], { role: "table" }),
  ];
}

function level(found) {
  if (!found) return [];
  const when = ` on ${found.on}, by the framework of ${found.edition}. ${found.standing}.`;
  const said = [`${found.level}, `, foreign(found.profession), ". Recognised by ", foreign(found.issuer), when];
  return [make("h2", "nhsuk-heading-m", ["Level of practice"]), make("p", "", said), make("p", "", [found.notice])];
}

function registered(found) {
  if (!found.length) return [];
  const said = found.map((each) =>
    make("p", "", [foreign(each.body), " ", foreign(each.number), `, last checked on ${each.checkedOn}.`]));
  return [
    make("h2", "nhsuk-heading-m", ["Professional registration"]), ...said,
    make("p", "", ["Look the number up in the register itself before the first shift."]),
  ];
}

function row(found) {
  const issuer = make("span", "app-stacked", [foreign(found.issuer), make("br"), found.standing]);
  const cells = [foreign(found.title), found.awardedOn, found.until, issuer, state(found.state)];
  return make("tr", "nhsuk-table__row", cells.map(cell), { role: "row" });
}

const cell = (content, column) =>
  make("td", "nhsuk-table__cell", [
    make("span", "nhsuk-table-responsive__heading", [`${COLUMNS[column]} `], { "aria-hidden": "true" }),
    content,
  ], { role: "cell" });
