// Runs the cases of list_cases.py in the browser's readers of roots, trust lists and code lists.
// Cases and results travel as one text of JSON: Playwright is slow with much.
async (packed) => {
  const load = (name) => import(`/static/verifying/${name}.js`);
  const { bytesOf, strictJson } = await load("encoding");
  const { readCodeList } = await load("code_list");
  const { keyFromJwk } = await load("keys");
  const { Refused } = await load("refusals");
  const { readRoot, readTrustList } = await load("trust");

  const rootOf = async ({ version, expiresAt, keys }) => {
    const roles = { root: new Map(), trust_list: new Map() };
    for (const { role, jwk } of keys) {
      const key = await keyFromJwk(strictJson(bytesOf(jwk)));
      roles[role].set(key.kid, key);
    }
    return { version, expiresAt, keys: roles };
  };

  const readers = {
    read_root: ({ text, now }) => readRoot(Uint8Array.from(text, (letter) => letter.charCodeAt(0)), now),
    read_trust_list: async ({ text, root, now }) => readTrustList(text, await rootOf(root), now),
    read_code_list: async ({ text, root, now }) => readCodeList(text, await rootOf(root), now),
  };

  const whole = (text) => (typeof text === "string" ? text : text.letter.repeat(text.times));

  const run = async (each) => {
    try {
      await readers[each.kind]({ ...each, text: whole(each.text) });
      return "read";
    } catch (failure) {
      return failure instanceof Refused ? failure.code : `failed: ${failure.stack}`;
    }
  };

  const results = [];
  for (const each of JSON.parse(packed).cases) results.push(await run(each));
  return JSON.stringify(results);
}
