"""Write the pictures into the package: each, and its thumbnails."""

from pathlib import Path

from PIL import Image

from services.demo.drawing.pictures import PICTURES, picture
from services.demo.pictures_of import FOLDER, file_name
from services.media.rules import fit, thumbnail_sizes


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    for slug, drawn in PICTURES.items():
        for number, (thing, main_colour, beside) in enumerate(drawn, 1):
            _write(picture(thing, main_colour, beside), slug, number)


def _write(image: Image.Image, slug: str, number: int) -> None:
    _save(image, FOLDER / file_name(slug, number))
    for size in thumbnail_sizes(*image.size):
        small = image.resize(fit(*image.size, size), Image.Resampling.LANCZOS)
        _save(small, FOLDER / file_name(slug, number, size))


def _save(image: Image.Image, file: Path) -> None:
    image.save(file, "WEBP", quality=85, method=6)


if __name__ == "__main__":
    main()
