"""What becomes of an uploaded file: refused with a reason, or made anew from its pixels."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from services.media.render import render
from services.media.rules import MAX_PIXELS, MAX_SIDE, NOT_AN_IMAGE, BadImage, Picture, fit, size_problem

SECRET = b"48.8584N-2.2945E"
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(content: bytes) -> Picture:
    return render(io.BytesIO(content))


def pixels(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def refusal(content: bytes) -> str:
    with pytest.raises(BadImage) as caught:
        picture(content)
    return str(caught.value)


def halves(width: int = 40, height: int = 20) -> Image.Image:
    """The left half red, the right one blue."""
    image = Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image


def is_red(colour: Any) -> bool:
    return bool(colour[0] > 200 and colour[1] < 60 and colour[2] < 60)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is so large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "extension"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "png"), ("AVIF", "webp")]
)
def test_each_format_is_told_by_its_content(kind: str, extension: str) -> None:
    made = picture(encoded(halves(1200, 600), kind))
    assert (made.width, made.height, made.name.partition(".")[2]) == (1200, 600, extension)
    assert sorted(made.thumbnails) == [160, 480, 1024]
    for size, content in made.thumbnails.items():
        small = pixels(content)
        assert (small.format, small.size) == ("WEBP", (size, size // 2))
        assert is_red(small.convert("RGB").getpixel((3, 3)))
    assert is_red(pixels(made.content).convert("RGB").getpixel((3, 3)))


def test_the_same_file_gets_the_same_name_and_another_another() -> None:
    first, again = (picture(encoded(halves(), "PNG")) for _ in range(2))
    assert first == again
    assert picture(encoded(halves(42), "PNG")).name != first.name


def test_an_image_is_never_made_larger() -> None:
    assert picture(encoded(halves(160, 80), "PNG")).thumbnails == {}
    assert sorted(picture(encoded(halves(161, 80), "PNG")).thumbnails) == [160]
    assert [fit(1000, 1, 160), fit(1, 1000, 160), fit(3000, 2000, 480)] == [(160, 1), (1, 160), (480, 320)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><!DOCTYPE svg><svg/>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"BM" + bytes(60),
        b"II*\x00" + bytes(60),
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp41",
        b"GIF\x00\x00" + bytes(60),
        b"RIFF\x00\x00\x00\x00AVI LIST",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    assert refusal(content) == NOT_AN_IMAGE


@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_file_is_refused(kind: str) -> None:
    whole = encoded(Image.effect_noise((200, 200), 60).convert("RGB"), kind)
    for length in (len(whole) // 2, len(whole) - len(whole) // 4, 70):
        assert refusal(whole[:length]).startswith("cannot be read")


def test_one_format_that_pretends_to_be_another_is_refused() -> None:
    assert refusal(b"\xff\xd8\xff" + encoded(halves(), "PNG")[3:]).startswith("cannot be read")
    assert refusal(b"GIF89a" + encoded(halves(), "WEBP")[6:])


@pytest.mark.parametrize("size", [(65535, 65535), (2**31 - 1, 2**31 - 1), (5001, 5000), (MAX_SIDE + 1, 1)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert "pixels" in refusal(png_claiming(*size))


def test_a_gif_whose_canvas_is_a_bomb_is_refused() -> None:
    gif = bytearray(encoded(halves(), "GIF"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    assert "pixels" in refusal(bytes(gif))


def test_the_most_pixels_are_taken_and_one_more_are_not() -> None:
    assert size_problem(5000, 5000) is None
    assert size_problem(MAX_SIDE, MAX_PIXELS // MAX_SIDE) is None
    assert size_problem(5001, 5000) == f"has 25,005,000 pixels; at most {MAX_PIXELS:,}"
    assert size_problem(0, 5) == "has no pixels"


def test_text_that_unpacks_to_hundreds_of_megabytes_is_refused() -> None:
    whole = encoded(halves(), "PNG")
    data = b"key\0\0" + zlib.compress(bytes(200_000_000), 9)
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    assert refusal(whole[:33] + chunk + whole[33:]).startswith("cannot be read")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_is_refused(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), (shade, 0, 0)) for shade in (0, 120, 240)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    assert refusal(content) == "is an animation; send a still image"


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04" + bytes(100), b"<?php x ?>"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_of_a_polyglot_only_the_pixels_are_kept(kind: str, tail: bytes) -> None:
    """An image that is a page or an archive too."""
    made = picture(encoded(halves(), kind) + tail)
    assert tail[:5] not in made.content
    assert made == picture(encoded(halves(), kind))


def with_place(image: Image.Image) -> Image.Exif:
    exif = image.getexif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 29: SECRET.decode()})
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_where_a_photograph_was_taken_is_not_kept(kind: str) -> None:
    image = halves(400, 200)
    options: dict[str, Any] = {"exif": with_place(image), "xmp": b"<x>" + SECRET + b"</x>"}
    if kind == "JPEG":
        options["comment"] = SECRET
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        options = {"exif": options["exif"], "pnginfo": PngInfo()}
        options["pnginfo"].add_text("Comment", SECRET.decode())
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", SECRET.decode())
    given_file = encoded(image, kind, **options)
    assert SECRET in given_file
    made = picture(given_file)
    for content in (made.content, *made.thumbnails.values()):
        again = pixels(content)
        assert SECRET not in content
        assert not dict(again.getexif())
        assert not {"exif", "xmp", "comment", "Comment", "icc_profile"} & again.info.keys()


# What each orientation says of where the red half, on the left as it is stored, belongs (TIFF 6.0).
ORIENTED: dict[int, Callable[[int, int], tuple[int, int]]] = {
    1: lambda w, h: (1, h // 2),
    2: lambda w, h: (w - 2, h // 2),
    3: lambda w, h: (w - 2, h // 2),
    4: lambda w, h: (1, h // 2),
    5: lambda w, h: (w // 2, 1),
    6: lambda w, h: (w // 2, 1),
    7: lambda w, h: (w // 2, h - 2),
    8: lambda w, h: (w // 2, h - 2),
}


@pytest.mark.parametrize("orientation", ORIENTED)
def test_a_photograph_stands_upright(orientation: int) -> None:
    image = halves(60, 20)
    exif = image.getexif()
    exif[0x0112] = orientation
    made = picture(encoded(image, "JPEG", exif=exif, quality=95))
    assert (made.width, made.height) == ((60, 20) if orientation < 5 else (20, 60))
    shown = pixels(made.content)
    assert shown.size == (made.width, made.height)
    assert is_red(shown.convert("RGB").getpixel(ORIENTED[orientation](made.width, made.height)))


def test_colours_are_kept_whatever_they_were_stored_as() -> None:
    grey = Image.new("I;16", (2, 1))
    grey.putpixel((1, 0), 0x8080)
    made = pixels(picture(encoded(grey, "PNG")).content)
    assert [made.getpixel((x, 0)) for x in (0, 1)] == [(0, 0, 0), (128, 128, 128)]
    clear = Image.new("RGBA", (4, 4), (10, 200, 30, 128))
    assert pixels(picture(encoded(clear, "PNG")).content).getpixel((0, 0)) == (10, 200, 30, 128)
    cmyk = pixels(picture(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")).content)
    assert is_red(cmyk.convert("RGB").getpixel((4, 4)))


def test_a_colour_profile_is_applied_and_a_broken_one_ignored() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = picture(encoded(halves(), "PNG"))
    same = picture(encoded(halves(), "PNG", icc_profile=profile))
    broken = picture(encoded(halves(), "PNG", icc_profile=b"no profile" * 20))
    assert pixels(same.content).tobytes() == pixels(broken.content).tobytes() == pixels(plain.content).tobytes()


SMALL = {kind: encoded(Image.effect_noise((16, 16), 60).convert("RGB"), kind) for kind in FORMATS}


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(FORMATS),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
)
def test_whatever_is_sent_is_made_anew_or_refused(kind: str, changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(SMALL[kind])
    for place, piece in changes:
        start = place % len(content)
        content[start : start + len(piece)] = piece
    try:
        made = picture(bytes(content))
    except BadImage:
        return
    assert pixels(made.content).size == (made.width, made.height)
