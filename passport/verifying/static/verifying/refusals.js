// Why a credential is refused: the stable codes of credentials/errors.py, and the check in which each falls.

export class Refused extends Error {
  constructor(code, detail = "") {
    super(detail ? `${code}: ${detail}` : code);
    this.code = code;
  }
}

// The reasons that say nothing about the credential: the verifier lacked something current to check it with.
export const COULD_NOT_CHECK = new Set(["status_stale", "status_missing", "trust_list_stale", "qr_code_list_unknown"]);

const BRANCHES = {
  trust_list: ["trust_list_stale", "trust_list_rolled_back"],
  signature: [
    "kid_unknown", "key_not_for_issuer", "key_not_for_purpose", "key_retired", "key_revoked", "signature_invalid",
    "issuer_untrusted",
  ],
  claims: ["vct_unknown", "claim_missing", "claim_type", "not_yet_valid", "iat_future"],
  disclosures: [
    "disclosure_malformed", "disclosure_unreferenced", "disclosure_reserved_name", "disclosure_duplicate",
    "digest_duplicate", "sd_alg_unsupported", "claim_not_disclosable",
  ],
  key_binding: ["kb_missing", "kb_unexpected", "kb_invalid", "kb_aud", "kb_nonce", "kb_stale", "kb_sd_hash"],
  status: [
    "status_malformed", "status_uri_mismatch", "status_index_out_of_range", "status_rolled_back", "status_stale",
    "status_missing",
  ],
};

const CHECK_OF = new Map(Object.entries(BRANCHES).flatMap(([check, codes]) => codes.map((code) => [code, check])));

// Everything else (unreadable text, envelope, QR) is the form.
export const checkOf = (code) => CHECK_OF.get(code) ?? "form";
