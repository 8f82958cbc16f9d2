"""From a file to its pixels: upright, in sRGB, with nothing else of the file. Runs in a process of its own.

Everything here is fed by strangers' files. The pixels are counted before any is decoded, and only the decoder of
the format that the first bytes name is ever asked.
"""

import io
import struct
import warnings
import zlib
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps

from services.media import rules
from services.media.rules import BadImage
from services.media.sniff import HEAD, sniff

Image.MAX_IMAGE_PIXELS = rules.MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_SRGB = ImageCms.createProfile("sRGB")
_TOO_MANY = f"has more than {rules.MAX_PIXELS:,} pixels"


def decode(file: BinaryIO) -> tuple[str, Image.Image]:
    """Decode an image. Returns the format by content, and the pixels as RGB or RGBA. Errors: BadImage."""
    file.seek(0)
    kind = sniff(file.read(HEAD))
    if kind is None:
        raise BadImage(rules.NOT_AN_IMAGE)
    file.seek(0)
    try:
        with Image.open(file, formats=[kind]) as image:
            _check_size(image)
            return kind, _clean(image)
    except BadImage:
        raise
    except _BOMB as error:
        raise BadImage(_TOO_MANY) from error
    except (OSError, ValueError, TypeError, SyntaxError, EOFError, LookupError, ArithmeticError) as error:
        raise _unreadable(kind) from error
    except (AttributeError, RuntimeError, AssertionError, struct.error, zlib.error) as error:
        raise _unreadable(kind) from error


def _unreadable(kind: str) -> BadImage:
    return BadImage(f"cannot be read: it is damaged, or no whole {kind} file")


def _check_size(image: Image.Image) -> None:
    """Check by the header alone."""
    if problem := rules.size_problem(*image.size):
        raise BadImage(problem)
    # A JPEG with more pictures in it is what some cameras add depth maps and previews with.
    if image.format not in ("JPEG", "MPO") and getattr(image, "is_animated", False):
        raise BadImage("is an animation; send a still image")


def _clean(image: Image.Image) -> Image.Image:
    """In place where it can be: a copy of the largest image is 100 MB."""
    image.load()
    vars(image).pop("_decoder", None)  # WebP's and AVIF's has pixels of its own, up to 200 MB
    profile = image.info.get("icc_profile")
    ImageOps.exif_transpose(image, in_place=True)
    flat = _in_srgb(image, profile)
    # The pixels alone: encoders put what they find in info (comments, profiles) into the new file.
    flat.info.clear()
    flat.getexif().clear()
    return flat


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode.startswith("I"):
        # 16 bits a pixel; convert() would cut off all that is brighter than 255.
        return image.point(lambda value: value * (1 / 257)).convert("L").convert(mode)
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            # Without alpha where there is none: LittleCMS takes the modes that it is given.
            in_place = image.mode == mode
            return ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode, inPlace=in_place) or image
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a profile that cannot be read says nothing
    return image if image.mode == mode else image.convert(mode)
