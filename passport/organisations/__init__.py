"""Trusts, the Academy, ICBs and regions: ODS code, VPD, merger and successor."""
