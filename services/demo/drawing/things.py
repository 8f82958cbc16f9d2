"""How each other kind of thing is drawn, in a colour of its own and one beside it."""

from services.demo.drawing.canvas import Canvas, darker, lighter

GLOW = "#ffe3a1"
INK = "#2b3047"


def lantern(on: Canvas, main: str, beside: str) -> None:
    on.arc((32, 8, 68, 48), 180, 360, darker(main), 2)
    on.box(36, 24, 64, 32, main, 3)
    on.box(33, 32, 67, 76, GLOW, 4)
    on.oval(43, 42, 57, 68, beside)
    on.oval(46, 50, 54, 67, "#fff7dd")
    for x in (33, 65):
        on.box(x, 30, x + 2.5, 78, main, 1)
    on.box(29, 75, 71, 85, main, 4)


def floating(on: Canvas, main: str, beside: str) -> None:
    on.oval(25, 24, 75, 74, GLOW)
    on.oval(34, 33, 66, 65, "#fff7dd")
    on.pie((25, 24, 75, 74), 20, 160, main)
    for y, left in ((70, 12), (77, 22), (84, 34)):
        on.box(left, y, 100 - left, y + 3, beside, 1.5)


def globe(on: Canvas, main: str, beside: str) -> None:
    on.line(INK, 1, (50, 0), (50, 18))
    on.oval(20, 18, 80, 82, main)
    for left, right in ((20, 80), (31, 69), (42, 58)):
        on.arc((left, 18, right, 82), 0, 360, beside, 1)
    on.box(44, 15, 56, 20, INK, 1)
    on.box(44, 80, 56, 84, INK, 1)


def heron(on: Canvas, main: str, beside: str) -> None:
    on.shape(lighter(GLOW, 0.3), (66, 34), (84, 44), (78, 82), (46, 82))
    on.oval(22, 78, 58, 88, darker(main))
    on.line(main, 3, (40, 82), (32, 48), (54, 18), (66, 26))
    on.oval(29, 45, 35, 51, beside)
    on.shape(main, (60, 22), (76, 22), (90, 44), (64, 40))


def pebble(on: Canvas, main: str, beside: str) -> None:
    on.oval(12, 30, 88, 86, lighter(GLOW, 0.2))
    on.oval(20, 36, 80, 84, main)
    on.oval(28, 42, 62, 62, lighter(main, 0.5))
    on.oval(47, 72, 53, 78, beside)


def candle(on: Canvas, main: str, beside: str) -> None:
    on.oval(34, 6, 66, 44, lighter(GLOW, 0.35))
    on.box(31, 46, 69, 86, main, 5)
    on.oval(31, 42, 69, 52, lighter(main))
    on.line(INK, 1.4, (50, 47), (50, 36))
    on.shape(beside, (50, 14), (57, 30), (50, 39), (43, 30))
    on.box(38, 60, 62, 76, lighter(main, 0.6), 2)


def candles(on: Canvas, main: str, beside: str) -> None:
    for at, top in ((16, 50), (33, 36), (50, 56), (67, 42)):
        on.box(at, top, at + 14, 86, main if at % 2 else darker(main, 0.12), 3)
        on.line(INK, 1.2, (at + 7, top), (at + 7, top - 5))
        on.shape(beside, (at + 7, top - 18), (at + 11, top - 9), (at + 7, top - 4), (at + 3, top - 9))


def glass(on: Canvas, main: str, beside: str) -> None:
    on.box(32, 14, 68, 84, lighter(main, 0.45), 12)
    on.box(44, 54, 56, 82, beside, 2)
    on.shape(GLOW, (50, 34), (56, 46), (50, 53), (44, 46))
    on.line("#ffffff", 2, (38, 24), (38, 66))
    on.box(28, 80, 72, 87, main, 3)


def tent(on: Canvas, main: str, beside: str) -> None:
    on.shape(main, (50, 20), (88, 82), (12, 82))
    on.shape(darker(main, 0.28), (50, 20), (88, 82), (62, 82))
    on.shape(GLOW, (46, 42), (58, 82), (34, 82))
    on.line(beside, 1.4, (50, 20), (6, 84))
    on.line(beside, 1.4, (50, 20), (94, 84))
    on.line(beside, 2, (50, 12), (50, 22))


def hall(on: Canvas, main: str, beside: str) -> None:
    on.box(66, 12, 72, 44, INK, 1)
    on.shape(main, (28, 26), (72, 26), (92, 54), (8, 54))
    on.box(14, 54, 86, 84, darker(main, 0.15), 0)
    on.box(42, 58, 58, 84, GLOW, 7)
    for x in (24, 70):
        on.box(x, 60, x + 9, 70, beside, 2)


def sleeping_bag(on: Canvas, main: str, beside: str) -> None:
    on.box(33, 12, 67, 88, main, 17)
    on.box(37, 14, 63, 40, darker(main, 0.35), 13)
    on.oval(41, 20, 59, 38, beside)
    for y in (48, 59, 70, 80):
        on.line(darker(main, 0.18), 1.4, (35, y), (65, y))
    on.line(beside, 1.6, (62, 40), (62, 84))


def hammock(on: Canvas, main: str, beside: str) -> None:
    for x in (8, 84):
        on.box(x, 10, x + 8, 88, beside, 2)
    on.arc((12, -20, 88, 76), 20, 160, darker(main), 14)
    on.arc((12, -22, 88, 72), 20, 160, main, 8)


def pack(on: Canvas, main: str, beside: str) -> None:
    on.arc((38, 8, 62, 36), 180, 360, darker(main, 0.4), 3)
    on.box(24, 22, 76, 84, main, 14)
    on.box(32, 54, 68, 80, darker(main, 0.2), 6)
    on.line(beside, 1.8, (34, 61), (66, 61))
    on.line(beside, 1.8, (28, 40), (72, 40))
    on.box(46, 37, 54, 46, beside, 2)


def big_pack(on: Canvas, main: str, beside: str) -> None:
    on.box(22, 76, 78, 88, beside, 6)
    on.box(26, 24, 74, 80, main, 10)
    on.box(23, 12, 77, 32, darker(main, 0.25), 8)
    on.box(17, 46, 28, 72, darker(main, 0.15), 4)
    on.box(72, 46, 83, 72, darker(main, 0.15), 4)
    for x in (38, 60):
        on.box(x, 30, x + 3, 78, beside, 1)


def stove(on: Canvas, main: str, beside: str) -> None:
    on.box(56, 4, 64, 40, darker(main, 0.2), 1)
    on.box(22, 36, 78, 74, main, 3)
    on.box(32, 44, 62, 66, INK, 2)
    on.shape(beside, (38, 65), (43, 50), (47, 58), (51, 47), (57, 65))
    on.shape(GLOW, (43, 65), (47, 57), (52, 65))
    for x in (26, 68):
        on.box(x, 74, x + 5, 87, darker(main), 1)


def bottle(on: Canvas, main: str, beside: str) -> None:
    on.box(43, 8, 57, 20, beside, 3)
    on.box(41, 18, 59, 28, darker(main, 0.25), 2)
    on.box(34, 26, 66, 88, main, 10)
    on.line(lighter(main), 2.4, (41, 38), (41, 76))
    on.arc((42, 50, 62, 70), 200, 340, beside, 2)
    on.arc((42, 57, 62, 77), 200, 340, beside, 2)


def kettle(on: Canvas, main: str, beside: str) -> None:
    on.arc((30, 12, 70, 62), 180, 360, darker(main, 0.3), 3.4)
    on.shape(darker(main, 0.15), (68, 56), (88, 38), (92, 42), (74, 70))
    on.oval(22, 36, 78, 86, main)
    on.box(40, 33, 60, 40, darker(main, 0.25), 3)
    on.oval(46, 26, 54, 34, beside)
    on.box(30, 80, 70, 87, darker(main, 0.35), 2)


def spoons(on: Canvas, main: str, beside: str) -> None:
    for x, top, wide, tint in ((28, 14, 7, main), (50, 24, 11, beside), (72, 34, 7, darker(main, 0.2))):
        on.line(tint, 3.4, (x, top + 16), (x, 86))
        on.oval(x - wide, top - 4, x + wide, top + 22, tint)
        on.oval(x - wide / 2, top, x + wide / 2, top + 14, darker(tint, 0.15))


def teapot(on: Canvas, main: str, beside: str) -> None:
    on.line(darker(main, 0.3), 5, (74, 54), (94, 42))
    on.shape(darker(main, 0.12), (30, 52), (10, 40), (8, 45), (28, 70))
    on.oval(22, 36, 78, 84, main)
    on.oval(36, 32, 64, 44, darker(main, 0.2))
    on.oval(45, 24, 55, 34, beside)
    on.line(lighter(main, 0.4), 2, (32, 54), (36, 46), (44, 42))


def cups(on: Canvas, main: str, beside: str) -> None:
    for at, top in ((10, 46), (50, 36)):
        on.pie((at, top - 40, at + 40, top + 44), 0, 180, main)
        on.oval(at, top - 5, at + 40, top + 9, darker(main, 0.2))
        on.oval(at + 4, top - 3, at + 36, top + 7, beside)
        on.box(at + 12, top + 40, at + 28, top + 47, darker(main, 0.25), 2)


def lid_bowl(on: Canvas, main: str, beside: str) -> None:
    on.oval(16, 74, 84, 88, darker(main, 0.15))
    on.pie((22, 6, 78, 84), 0, 180, main)
    on.box(40, 80, 60, 86, darker(main, 0.2), 2)
    on.pie((26, 22, 74, 66), 180, 360, lighter(main, 0.5))
    on.box(44, 16, 56, 23, beside, 3)
    on.arc((34, 50, 66, 74), 20, 160, beside, 1.6)


def leaves(on: Canvas, main: str, beside: str) -> None:
    on.box(28, 22, 72, 86, beside, 3)
    on.shape(darker(beside, 0.2), (28, 22), (72, 22), (66, 12), (34, 12))
    on.box(35, 38, 65, 74, lighter(beside, 0.75), 2)
    on.line(main, 1.8, (50, 70), (50, 46))
    on.shape(main, (50, 62), (38, 56), (40, 46), (49, 52))
    on.shape(main, (50, 56), (62, 50), (60, 41), (51, 46))


def drawer(on: Canvas, main: str, beside: str) -> None:
    on.box(12, 30, 88, 80, main, 3)
    for row in range(2):
        for place in range(4):
            left, top = 17 + place * 17, 35 + row * 21
            on.box(left, top, left + 14, top + 18, beside if (row + place) % 2 else GLOW, 1)
    on.box(42, 78, 58, 84, darker(main), 2)


def blanket(on: Canvas, main: str, beside: str) -> None:
    on.box(18, 56, 82, 84, darker(main, 0.25), 5)
    on.box(18, 42, 82, 68, main, 5)
    on.box(18, 26, 82, 52, lighter(main, 0.25), 5)
    for y in (32, 40):
        on.box(18, y, 82, y + 3, beside, 0)
    for x in range(20, 82, 5):
        on.line(darker(main, 0.25), 1.2, (x, 84), (x, 89))


def cushion(on: Canvas, main: str, beside: str) -> None:
    on.shape(main, (20, 26), (50, 32), (80, 26), (76, 54), (82, 82), (50, 77), (18, 82), (24, 54))
    for x, y, size in ((36, 46, 8), (54, 42, 5), (60, 60, 9), (42, 64, 6), (68, 46, 4)):
        on.oval(x - size, y - size, x + size, y + size, beside)


def radio(on: Canvas, main: str, beside: str) -> None:
    on.line(INK, 1.4, (66, 32), (84, 8))
    on.box(14, 32, 86, 80, main, 6)
    on.oval(20, 38, 54, 74, darker(main, 0.35))
    for y in range(44, 72, 6):
        on.line(lighter(main, 0.2), 1.4, (26, y), (48, y))
    on.oval(62, 50, 80, 68, beside)
    on.line(INK, 1.8, (71, 59), (76, 54))
    on.box(60, 38, 80, 44, GLOW, 1)


def headphones(on: Canvas, main: str, beside: str) -> None:
    on.arc((20, 14, 80, 84), 180, 360, main, 6)
    for at in (14, 68):
        on.box(at, 46, at + 18, 78, darker(main, 0.2), 8)
        on.box(at + 4, 50, at + 14, 74, beside, 5)


def notebook(on: Canvas, main: str, beside: str) -> None:
    on.box(26, 14, 76, 86, main, 4)
    on.box(26, 14, 34, 86, darker(main, 0.4), 3)
    on.oval(46, 26, 66, 46, beside)
    on.oval(52, 22, 72, 42, main)
    on.line(GLOW, 2, (70, 60), (88, 88))


def leaf(on: Canvas, main: str, beside: str) -> None:
    on.shape(main, (50, 8), (68, 30), (70, 54), (50, 82), (30, 54), (32, 30))
    on.line(beside, 1.6, (50, 18), (50, 94))
    for y in (32, 44, 56):
        on.line(beside, 1.1, (50, y + 6), (62, y - 2))
        on.line(beside, 1.1, (50, y + 6), (38, y - 2))


def card(on: Canvas, main: str, beside: str) -> None:
    on.box(12, 28, 88, 76, main, 5)
    on.box(12, 38, 88, 48, beside, 0)
    on.oval(66, 54, 82, 70, GLOW)
    on.line(lighter(main, 0.6), 2, (20, 60), (48, 60))
    on.line(lighter(main, 0.6), 2, (20, 67), (38, 67))
