// Token Status List: one bit a credential, published for all (credentials/status_list.py).

import { fromBase64Url, inflate } from "./encoding.js";
import { parseCompact } from "./jws.js";
import { LEEWAY, oneOf, record, text, textClaim, timeClaim, whole } from "./reading.js";
import { Refused } from "./refusals.js";

const MAX_BYTES = 2 ** 20;
const LONGEST = 2 * MAX_BYTES;
const claim = record({ required: { bits: oneOf(1, 2, 4, 8), lst: text } });

export async function readStatusList(token, { uri, trust, now }) {
  const jws = parseCompact(token, { typ: "statuslist+jwt", longest: LONGEST });
  const issuer = trust.issuerOf(uri);
  const [issuedAt, subject] = malformed(() => [timeClaim(jws.claims, "iat"), textClaim(jws.claims, "sub")]);
  const entry = trust.keys.get(jws.kid);
  const purpose = ["passport", "qr"].find((each) => entry?.purpose === each);
  if (entry && !purpose) throw new Refused("key_not_for_purpose");
  await jws.verify(trust.key(issuer, jws.kid, purpose ?? "passport", issuedAt, { statusList: true }));
  if ((jws.claims.has("iss") ? jws.claims.get("iss") : issuer) !== issuer) throw new Refused("issuer_untrusted");
  if (subject !== uri) throw new Refused("status_uri_mismatch");
  if (issuedAt > now + LEEWAY) throw new Refused("iat_future");
  const [{ bits, lst }, expiresAt] = malformed(() => [
    claim(jws.claims.get("status_list") ?? null),
    (record({ optional: { ttl: (value) => (value === null ? null : whole(1, 10 ** 9)(value)) } })(jws.claims),
    jws.claims.has("exp") ? timeClaim(jws.claims, "exp") : null),
  ]);
  return { uri, bits, data: await unpacked(lst), issuedAt, expiresAt, kid: jws.kid };
}

// The status at an index: 0 valid, 1 invalid. Past the end of the list is never taken for valid.
export function statusAt({ data, bits }, index) {
  const bit = index * bits;
  const byte = data[Math.floor(bit / 8)];
  if (byte === undefined) throw new Refused("status_index_out_of_range");
  return (byte >> (bit % 8)) & ((1 << bits) - 1);
}

function malformed(read) {
  try {
    return read();
  } catch (failure) {
    if (failure instanceof Refused) throw new Refused("status_malformed", failure.message);
    throw failure;
  }
}

async function unpacked(text) {
  let data;
  try {
    data = await inflate(fromBase64Url(text), "deflate", MAX_BYTES);
  } catch {
    throw new Refused("status_malformed", "not ZLIB in base64url");
  }
  if (!data.length) throw new Refused("status_malformed", "empty");
  return data;
}
