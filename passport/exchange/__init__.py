"""The same records in the formats of others: FHIR, Open Badges, ESR-shaped CSV, JSON."""
