"""B13: the offline QR of a full passport: its size, the time to make it, and how well poor photographs of it are read.

Making is everything: choosing and writing the content, signing, drawing as SVG. What zxing-cpp needs for the drawing
alone stands beside it. The photographs show the code at 2.5 pixels a module, each turned and blurred the same in every
run; only the code's time and signature differ.
"""

import random
from datetime import datetime
from io import BytesIO
from typing import Final

import zxingcpp
from PIL import Image, ImageFilter

from benchmarks import samples
from benchmarks.measure import Effort, Figure, Operation, figure, interleave
from benchmarks.samples import ISSUER, QR_SIGNER, Service
from credentials.qr import prepare_qr, verify_qr
from passport.holder.qr_picture import QrPicture, draw

OURS: Final = "make"
LIMIT: Final = "zxing-cpp alone"
READ: Final = "read a photograph"
SHARP_PIXELS: Final = 8
PIXELS_PER_MODULE: Final = 2.5
BLUR_PIXELS: Final = (0.3, 0.7)
PAPER: Final = 235


def run(effort: Effort, now: datetime) -> list[Figure]:
    """Check that the code says all and is read back, and time its making."""
    service, content = Service(now), samples.passport(7)
    status = service.terms(7).status

    def text() -> str:
        unsigned = prepare_qr(
            content,
            issuer=ISSUER,
            code_list=service.code_list,
            kid=QR_SIGNER.public.kid,
            now=service.now,
            status=status,
        )
        assert not unsigned.left_out
        return unsigned.sign(QR_SIGNER)

    def make() -> str:
        return draw(text()).svg(title="Staff passport", description="Opens a page that checks this passport.")

    made = text()
    picture = draw(made)
    verified = verify_qr(made, trust=service.trust, code_list=service.code_list, statuses={}, now=service.now)
    assert len(verified.awards) == len(content.training) + len(content.credentials)
    assert verified.holder.number == content.number
    photographs = [_photograph(picture, random.Random(number)) for number in range(effort.photographs)]  # noqa: S311
    texts = [_read(photograph) for photograph in photographs]
    assert set(texts) <= {made, None}
    contestants: dict[str, Operation] = {
        OURS: make,
        LIMIT: lambda: zxingcpp.create_barcode(made, zxingcpp.BarcodeFormat.QRCode, ec_level="M"),
        READ: lambda: _read(photographs[0]),
    }
    timings = interleave(contestants, effort)
    share = texts.count(made) / len(texts) * 100
    return [
        figure("B13", "version at level M", [picture.version], kind="fixed", unit="", target=15, at_most=True),
        figure("B13", "photographs read", [share], kind="fixed", unit="%", target=95),
        figure("B13", "make, of zxing-cpp alone", timings.speed(OURS, LIMIT), kind="ratio", unit="×"),
        figure("B13", "make", timings.milliseconds(OURS), kind="absolute", unit="ms", target=10, at_most=True),
        figure("B13", "read a photograph", timings.milliseconds(READ), kind="absolute", unit="ms"),
    ]


def _read(image: Image.Image) -> str | None:
    found = zxingcpp.read_barcode(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return None if found is None else found.text


def _photograph(picture: QrPicture, chance: random.Random) -> Image.Image:
    """Return a code as a phone sees it: on paper, turned, small on the sensor, blurred."""
    code = Image.open(BytesIO(picture.png(scale=SHARP_PIXELS))).convert("L")
    paper = Image.new("L", (code.width * 3 // 2,) * 2, PAPER)
    paper.paste(code, (code.width // 4,) * 2)
    paper = paper.rotate(chance.uniform(-180, 180), Image.Resampling.BICUBIC, fillcolor=PAPER)
    side = round(paper.width * PIXELS_PER_MODULE / SHARP_PIXELS)
    small = paper.resize((side, side), Image.Resampling.BOX)
    return small.filter(ImageFilter.GaussianBlur(chance.uniform(*BLUR_PIXELS)))
