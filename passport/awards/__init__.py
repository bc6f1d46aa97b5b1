"""The records that a person met a standard: provenance, correction, withdrawal, supersession."""
