"""What a staff passport is: issue, read, verify and decide, without Flask, SQL, network or clock.

A receiving trust can check a passport and decide what to accept with this package alone:

    from credentials import CredentialError, Expected, verify
"""

from credentials.errors import CredentialError
from credentials.verify import Expected, Verified, verdict, verify

__all__ = ["CredentialError", "Expected", "Verified", "verdict", "verify"]
