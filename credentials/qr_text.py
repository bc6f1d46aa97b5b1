"""The text of an offline QR: `https://<address>/v#<digits>`, and the bytes that the digits stand for.

The digits are one big integer, big-endian: a first byte that says how the rest is packed, and the rest. A QR code
holds digits at 3.32 bits each, and any phone's camera opens the address; what stands behind `#` never reaches the
server. Raw DEFLATE (RFC 1951) is what browsers unpack by themselves.

In the order of the code: what a text may look like and how large it may be; writing one; reading one; how many digits
a QR code that phones read well has room for.
"""

import re
import zlib
from typing import Final, NamedTuple

from credentials.errors import QrMalformedError, QrVersionError

PATH: Final = "/v#"
DEFLATED: Final = 1
PLAIN: Final = 2

MAX_DIGITS: Final = 2_600
MAX_BYTES: Final = 4_096

# What a QR code of version 18 at level M has room for (ISO/IEC 18004, table 7): 560 bytes, less the heads of a segment
# of bytes (4 and 16 bits, version 10 and up) and of one of digits (4 and 12 bits).
CEILING_BITS: Final = 560 * 8 - (4 + 16) - (4 + 12)

_MAX_MEMORY: Final = 9  # zlib's largest memory level, for the best compression
_RAW: Final = -zlib.MAX_WBITS  # zlib's sign for DEFLATE without a header
_ADDRESS: Final = r"""https?://[!-"$-~]{1,200}"""  # printable ASCII without `#`
_TEXT: Final = re.compile(rf"(?P<address>{_ADDRESS}){PATH}(?P<digits>[1-9][0-9]{{0,{MAX_DIGITS - 1}}})")


class QrText(NamedTuple):
    """Where a QR leads, and the message that it carries."""

    address: str
    message: bytes


def looks_like_qr(text: str) -> bool:
    """Say whether a text means to be an offline QR, whatever is wrong with it."""
    return text.startswith(("https://", "http://")) and PATH in text


def write_text(address: str, message: bytes) -> str:
    """Return the text of a QR that leads to an address and carries a message, packed in the shorter way."""
    packer = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, _RAW, _MAX_MEMORY)
    deflated = bytes([DEFLATED]) + packer.compress(message) + packer.flush()
    shorter = min(deflated, bytes([PLAIN]) + message, key=len)
    return f"{address}{PATH}{int.from_bytes(shorter)}"


def read_text(text: str) -> QrText:
    """Take the text of a QR apart.

    Raises:
        QrVersionError: packed in a way that this program does not know.
        QrMalformedError: not such a text, or too large.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise QrMalformedError("not the text of a QR")
    number = int(match["digits"])
    packing, *rest = number.to_bytes((number.bit_length() + 7) // 8)
    if packing == DEFLATED:
        return QrText(match["address"], _inflate(bytes(rest)))
    if packing == PLAIN:
        return QrText(match["address"], bytes(rest))
    raise QrVersionError(f"packing {packing}")


def digits_with_room(address: str) -> int:
    """Return how many digits a QR code of version 18 at level M holds behind an address."""
    return (CEILING_BITS - 8 * len(f"{address}{PATH}")) * 3 // 10  # three digits take ten bits


def _inflate(packed: bytes) -> bytes:
    """Unpack, up to the cap and to the last byte. zlib by itself is silent about what is cut off or trails behind."""
    unpacker = zlib.decompressobj(_RAW)
    try:
        message = unpacker.decompress(packed, MAX_BYTES + 1)
    except zlib.error as error:
        raise QrMalformedError("not DEFLATE") from error
    if len(message) > MAX_BYTES or not unpacker.eof or unpacker.unused_data:
        raise QrMalformedError("too large, cut off or followed by something")
    return message
