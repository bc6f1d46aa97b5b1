"""From awards to a signed passport: lint, status index, record, sign, revoke, reissue."""
