// Runs the cases of verifier_cases.py in the browser's verifier, with its lists made from their claims.
// Cases and results travel as one text of JSON, and each list once: Playwright is slow with much.
async (packed) => {
  const load = (name) => import(`/static/verifying/${name}.js`);
  const { bytesOf, fromBase64, hex, strictJson } = await load("encoding");
  const { codeListOf } = await load("code_list");
  const { Refused } = await load("refusals");
  const { readStatusList } = await load("status_list");
  const { trustListOf } = await load("trust");
  const { check } = await load("verify");
  const { shared, cases } = JSON.parse(packed);
  const made = new Map();

  const once = async (text, make) => {
    if (!made.has(text)) made.set(text, await make(strictJson(bytesOf(text))));
    return made.get(text);
  };

  const whole = (text) => (typeof text === "string" ? text : text.letter.repeat(text.times));

  const run = async ({ kind, text, uri, now, addresses, ...lists }) => {
    const [trust, codeList, statuses] = [shared[lists.trust], shared[lists.code_list], shared[lists.statuses]];
    const trusted = await once(trust, trustListOf);
    if (kind === "status") return readStatus({ text, uri, now, trust: trusted });
    const held = new Map(statuses.map(([key, list]) => [key, { ...list, data: fromBase64(list.data) }]));
    const codes = codeList && (await once(codeList, codeListOf));
    return check(text, { trust: trusted, codeList: codes, statuses: held, addresses }, now);
  };

  const readStatus = async ({ text, uri, now, trust }) => {
    try {
      return hex((await readStatusList(text, { uri, trust, now })).data.subarray(0, 64));
    } catch (failure) {
      if (failure instanceof Refused) return failure.code;
      throw failure;
    }
  };

  const results = [];
  for (const each of cases) {
    results.push(await run({ ...each, text: whole(each.text) }).catch((failure) => `failed: ${failure.stack}`));
  }
  return JSON.stringify(results);
}
