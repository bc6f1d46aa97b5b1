"""Draw the picture of a QR code: SVG for pages and print, PNG to download.

The code has error correction level M and a quiet zone of four modules, as ISO/IEC 18004 asks. zxing-cpp chooses the
smallest version and splits the text into bytes and digits by itself. A picture depends on its text alone; who draws
one, and keeps it, is left to the pages and commands.
"""

import struct
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, cast
from xml.sax.saxutils import escape

import zxingcpp

LEVEL: Final = "M"
QUIET_ZONE: Final = 4
MAX_SCALE: Final = 40

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
PNG_GREY: Final = 0  # colour type of the header chunk (PNG 3rd edition, section 11.2.1)


@dataclass(frozen=True)
class QrPicture:
    """A QR code as rows of modules, True for dark, without the quiet zone."""

    rows: tuple[tuple[bool, ...], ...] = field(repr=False)

    @property
    def modules(self) -> int:
        """How many modules wide the code is, without the quiet zone."""
        return len(self.rows)

    @property
    def version(self) -> int:
        """The code's version, from 1 to 40."""
        return (self.modules - 17) // 4

    @cached_property
    def framed(self) -> tuple[tuple[bool, ...], ...]:
        """The rows with the quiet zone around them."""
        side = (False,) * QUIET_ZONE
        above = ((False,) * (self.modules + 2 * QUIET_ZONE),) * QUIET_ZONE
        return (*above, *(side + row + side for row in self.rows), *above)

    def svg(self, *, title: str, description: str) -> str:
        """Return the picture as SVG, to stand in a page or alone. It has no size of its own: the page sets the width.

        Args:
            title: what the picture is, for people who do not see it.
            description: what it does, in a sentence.
        """
        size = len(self.framed)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img"'
            ' aria-labelledby="qr-title qr-description" shape-rendering="crispEdges">'
            f'<title id="qr-title">{escape(title)}</title><desc id="qr-description">{escape(description)}</desc>'
            f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{self._path()}"/></svg>'
        )

    def png(self, *, scale: int) -> bytes:
        """Return the picture as PNG of two colours.

        Args:
            scale: pixels a module, from 1 to 40.

        Raises:
            ValueError: the scale is out of range.
        """
        if not 1 <= scale <= MAX_SCALE:
            raise ValueError(f"scale {scale}")
        side = len(self.framed) * scale
        lines = b"".join(_png_line(row, scale) * scale for row in self.framed)
        header = struct.pack(">IIBBBBB", side, side, 1, PNG_GREY, 0, 0, 0)  # one bit a pixel, nothing interlaced
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
        return PNG_SIGNATURE + b"".join(_png_chunk(kind, data) for kind, data in chunks)

    def _path(self) -> str:
        """Return the dark modules as a path of runs, each a rectangle one module high."""
        runs = []
        for y, row in enumerate(self.framed):
            x = 0
            while True in row[x:]:
                x = row.index(True, x)
                end = row.index(False, x)  # the quiet zone ends every run
                runs.append(f"M{x} {y}h{end - x}v1h-{end - x}z")
                x = end
        return "".join(runs)


def draw(text: str) -> QrPicture:
    """Return the QR code of a text: the smallest version that holds it at level M.

    Raises:
        ValueError: no QR code holds so much.
    """
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=LEVEL)
    image = code.to_image(scale=1, add_quiet_zones=False)
    pixels = bytes(cast("Any", image))  # the type stub does not say that an image is a buffer
    width = image.shape[1]
    return QrPicture(tuple(_modules(pixels[start : start + width]) for start in range(0, len(pixels), width)))


def _modules(line: bytes) -> tuple[bool, ...]:
    return tuple(pixel == 0 for pixel in line)


def _png_line(row: tuple[bool, ...], scale: int) -> bytes:
    """Return one line of pixels, white as 1, behind its filter byte (none)."""
    bits = "".join(("0" if dark else "1") * scale for dark in row)
    padding = -len(bits) % 8
    return b"\x00" + int(bits + "1" * padding, 2).to_bytes((len(bits) + padding) // 8)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
