"""The picture of a QR code: it is read back from every form, also from poor photographs of a full passport."""

import random
import xml.etree.ElementTree as ET
from datetime import timedelta
from hashlib import sha512
from io import BytesIO

import msgspec
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from passport.holder.qr_picture import QrPicture, draw
from tests.credentials.qr_samples import STATUS, full_passport, prepare, qr_text

TITLE = "Staff passport QR code"
DESCRIPTION = "Opens a page that checks this passport."
MAX_VERSION = 15
CEILING_VERSION = 18
PIXELS_PER_MODULE = 2.5
SHARP_PIXELS = 8
TILT = 0.08
NOISE = 0.08
BLUR_PIXELS = 0.7
PHOTOGRAPHS = 60
MIN_READ_SHARE = 0.95


def passport_text(*, printed: bool) -> str:
    """Return the text of a full passport, the same in each run: a hash stands for the signature."""
    unsigned = prepare(full_passport(), status=STATUS if printed else None)
    return unsigned.signed(sha512(unsigned.message.to_be_signed).digest())


def read(image: Image.Image) -> str | None:
    found = zxingcpp.read_barcode(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return None if found is None else found.text


def image_of(picture: QrPicture, *, scale: int = 4) -> Image.Image:
    return Image.open(BytesIO(picture.png(scale=scale)))


@pytest.mark.parametrize("printed", [False, True])
def test_a_full_passport_fits_version_15_at_level_m(printed: bool) -> None:
    picture = draw(passport_text(printed=printed))

    assert picture.version <= MAX_VERSION
    found = zxingcpp.read_barcode(image_of(picture).convert("L"))
    assert found is not None
    assert found.ec_level == "M"


def test_the_png_has_the_quiet_zone_and_the_scale_that_was_asked_for() -> None:
    picture = draw("https://passport.example/v#123")

    image = image_of(picture, scale=3)

    assert image.size == ((picture.modules + 8) * 3,) * 2
    assert image.mode == "1"
    margin = image.crop((0, 0, image.width, 4 * 3))
    assert margin.convert("L").getextrema() == (255, 255)
    assert read(image.convert("L")) == "https://passport.example/v#123"


@pytest.mark.parametrize("scale", [0, -1, 41])
def test_a_scale_out_of_range_is_refused(scale: int) -> None:
    with pytest.raises(ValueError, match="scale"):
        draw("text").png(scale=scale)


def test_the_svg_draws_the_same_modules() -> None:
    picture = draw(passport_text(printed=True))

    root = ET.fromstring(picture.svg(title=TITLE, description=DESCRIPTION))  # noqa: S314  our own picture
    drawn = [[False] * len(picture.framed) for _ in picture.framed]
    path = root.findall("{http://www.w3.org/2000/svg}path")[1].attrib["d"]
    for run in path.removesuffix("z").split("z"):
        start, width = run.removeprefix("M").split("h")[:2]
        x, y = map(int, start.split())
        for column in range(x, x + int(width.split("v")[0])):
            drawn[y][column] = True

    assert tuple(map(tuple, drawn)) == picture.framed


def test_the_svg_is_told_to_people_who_do_not_see_it() -> None:
    svg = draw("text").svg(title="Passport of <O'Hara & Daughter>", description=DESCRIPTION)

    root = ET.fromstring(svg)  # noqa: S314  our own picture

    labels = {child.attrib["id"]: child.text for child in root if "id" in child.attrib}
    assert [labels[each] for each in root.attrib["aria-labelledby"].split()] == [
        "Passport of <O'Hara & Daughter>",
        DESCRIPTION,
    ]
    assert root.attrib["role"] == "img"
    assert root.attrib["shape-rendering"] == "crispEdges"


def test_a_picture_depends_on_its_text_alone() -> None:
    assert draw("one").png(scale=2) == draw("one").png(scale=2)
    assert draw("one") != draw("two")


@pytest.mark.parametrize("text", ["", "1" * 8_000])
def test_a_text_that_no_code_holds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        draw(text)


def photograph(code: Image.Image, chance: random.Random) -> Image.Image:
    """Look at a code as a phone does: turned, tilted, small on the sensor, blurred, dim, noisy, as JPEG."""
    paper = Image.new("L", (code.width * 3 // 2,) * 2, 235)
    paper.paste(code, (code.width // 4,) * 2)
    paper = paper.rotate(chance.uniform(-180, 180), Image.Resampling.BICUBIC, fillcolor=235)
    lean = [chance.uniform(-TILT, TILT) / paper.width for _ in range(2)]
    paper = paper.transform(
        paper.size, Image.Transform.PERSPECTIVE, (1, 0, 0, 0, 1, 0, *lean), Image.Resampling.BICUBIC, fillcolor=235
    )
    side = round(paper.width * PIXELS_PER_MODULE / SHARP_PIXELS)
    seen = paper.resize((side, side), Image.Resampling.BOX).filter(
        ImageFilter.GaussianBlur(chance.uniform(0.3, BLUR_PIXELS))
    )
    dark, light = chance.uniform(10, 60), chance.uniform(170, 250)
    seen = seen.point([round(dark + level * (light - dark) / 255) for level in range(256)])
    noise = Image.frombytes("L", seen.size, chance.randbytes(side * side))
    jpeg = BytesIO()
    Image.blend(seen, noise, chance.uniform(0, NOISE)).save(jpeg, "JPEG", quality=chance.randrange(60, 95))
    return Image.open(jpeg)


@pytest.mark.parametrize("printed", [False, True])
def test_photographs_at_two_and_a_half_pixels_a_module_are_read(printed: bool) -> None:
    text = passport_text(printed=printed)
    chance = random.Random(20_260_806)  # noqa: S311  the same photographs in each run
    code = image_of(draw(text), scale=SHARP_PIXELS).convert("L")

    read_texts = [read(photograph(code, chance)) for _ in range(PHOTOGRAPHS)]

    assert set(read_texts) <= {text, None}
    assert read_texts.count(text) / PHOTOGRAPHS >= MIN_READ_SHARE


def test_a_passport_that_is_far_too_large_still_makes_a_code_that_phones_read() -> None:
    passport = full_passport()
    renewals = tuple(
        msgspec.structs.replace(award, awarded_on=award.awarded_on - timedelta(days=31 * number))
        for number in range(1, 9)
        for award in passport.training
    )
    content = msgspec.structs.replace(passport, training=passport.training + renewals)

    picture = draw(qr_text(content, printed=True))

    assert picture.version in {CEILING_VERSION - 1, CEILING_VERSION}
