"""Read the QR code in a picture that somebody uploads: a photograph or a screenshot.

The file is foreign, so it is bounded before it is unpacked: few kinds, and a number of pixels that its head states and
that is checked before any of them is decoded. Which text it holds is judged like any other text. Pillow unpacks, and
zxing-cpp finds the code; without Pillow pictures are refused with a sentence, and pasting still works.
"""

from io import BytesIO
from typing import Final

import zxingcpp

from credentials.qr import looks_like_qr
from passport.errors import Invalid

try:
    from PIL import Image, UnidentifiedImageError
except ImportError:  # an installation may do without pictures
    Image = None  # type: ignore[assignment]  # asked for below

KINDS: Final = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES: Final = 8_000_000
MAX_PIXELS: Final = 50_000_000  # the largest photographs of phones in use
QR_CODES: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
LONG_SIDE: Final = 2_400  # more makes the search slower and no better


class PictureUnreadable(Invalid):
    """The file is no picture, or there is no QR code in it."""

    code = "picture_unreadable"
    title = "We cannot read that picture"


def text_in(picture: bytes) -> str:
    """Return the text of the QR code in a picture.

    Raises:
        PictureUnreadable: not such a picture, too large, or no code in it.
    """
    if Image is None:
        raise PictureUnreadable("This service cannot read pictures. Paste the code instead.")
    if len(picture) > MAX_BYTES:
        raise PictureUnreadable("The picture must be smaller than 8MB")
    texts = [found.text for found in zxingcpp.read_barcodes(_grey(picture), formats=QR_CODES)]
    if not texts:
        raise PictureUnreadable("We could not find a QR code in the picture. Take it again, closer and in good light")
    return next((text for text in texts if looks_like_qr(text)), texts[0])


def _grey(picture: bytes) -> "Image.Image":
    try:
        with Image.open(BytesIO(picture), formats=KINDS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PictureUnreadable("The picture has too many pixels. Take a smaller one")
            image.draft("L", (LONG_SIDE, LONG_SIDE))
            grey = image.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureUnreadable("The file must be a picture: PNG, JPEG, WebP or GIF") from error
    grey.thumbnail((LONG_SIDE, LONG_SIDE))
    return grey
