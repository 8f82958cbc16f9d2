"""A square to draw on, 100 units wide, in flat colours."""

from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw

SIDE: Final = 480
_FINER: Final = 4
"""Drawn so many times larger and made smaller, which smooths the edges."""
_UNIT: Final = SIDE * _FINER / 100
Point = tuple[float, float]


class Canvas:
    """Lengths are units, angles degrees from three o'clock, clockwise; colours ``#rrggbb``."""

    def __init__(self, ground: str) -> None:
        self._image = Image.new("RGB", (SIDE * _FINER, SIDE * _FINER), ground)
        self._draw = ImageDraw.Draw(self._image)

    def oval(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        self._draw.ellipse(_scaled((left, top), (right, bottom)), colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str, round_by: float = 2) -> None:
        self._draw.rounded_rectangle(_scaled((left, top), (right, bottom)), round_by * _UNIT, colour)

    def shape(self, colour: str, *points: Point) -> None:
        self._draw.polygon(_scaled(*points), colour)

    def line(self, colour: str, width: float, *points: Point) -> None:
        """Draw a line with round ends and corners."""
        self._draw.line(_scaled(*points), colour, round(width * _UNIT), "curve")
        for x, y in points:
            self.oval(x - width / 2, y - width / 2, x + width / 2, y + width / 2, colour)

    def arc(self, box: Sequence[float], start: float, end: float, colour: str, width: float) -> None:
        left, top, right, bottom = box
        self._draw.arc(_scaled((left, top), (right, bottom)), start, end, colour, round(width * _UNIT))

    def pie(self, box: Sequence[float], start: float, end: float, colour: str) -> None:
        left, top, right, bottom = box
        self._draw.pieslice(_scaled((left, top), (right, bottom)), start, end, colour)

    def finished(self) -> Image.Image:
        return self._image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _scaled(*points: Point) -> list[tuple[float, float]]:
    return [(x * _UNIT, y * _UNIT) for x, y in points]


def mixed(colour: str, other: str, share: float) -> str:
    """Mix two colours: ``share`` of the other one, 0 to 1."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def darker(colour: str, share: float = 0.25) -> str:
    return mixed(colour, "#1d2233", share)


def lighter(colour: str, share: float = 0.35) -> str:
    return mixed(colour, "#ffffff", share)


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
