"""The edge that all rooms share: JSON API, problems, OAuth errors, paging, idempotency, request ids, logs, metrics."""
