"""How clothes are drawn, in a colour of their own and one beside it."""

from services.demo.drawing.canvas import Canvas, darker, lighter


def tee(on: Canvas, main: str, beside: str) -> None:
    on.shape(darker(main, 0.15), (30, 30), (14, 46), (24, 55), (36, 44))
    on.shape(darker(main, 0.15), (70, 30), (86, 46), (76, 55), (64, 44))
    on.shape(main, (30, 29), (42, 26), (58, 26), (70, 29), (69, 82), (31, 82))
    on.pie((41, 18, 59, 36), 0, 180, darker(main, 0.4))
    on.oval(41, 44, 59, 62, beside)
    on.oval(46, 41, 62, 57, main)


def hoodie(on: Canvas, main: str, beside: str) -> None:
    on.shape(darker(main, 0.18), (30, 32), (13, 70), (25, 76), (37, 48))
    on.shape(darker(main, 0.18), (70, 32), (87, 70), (75, 76), (63, 48))
    on.box(29, 30, 71, 84, main, 5)
    on.oval(33, 12, 67, 46, darker(main, 0.25))
    on.oval(39, 18, 61, 44, darker(main, 0.55))
    on.shape(lighter(main, 0.15), (36, 62), (64, 62), (69, 78), (31, 78))
    on.line(beside, 1.6, (45, 43), (44, 57))
    on.line(beside, 1.6, (55, 43), (56, 55))


def shell(on: Canvas, main: str, beside: str) -> None:
    hoodie(on, main, beside)
    on.line(beside, 2, (50, 42), (50, 83))
    for x, y in ((18, 20), (82, 24), (12, 40), (88, 46), (78, 12), (26, 12)):
        on.line(lighter(main, 0.6), 1.6, (x, y), (x - 2, y + 6))


def jumper(on: Canvas, main: str, beside: str) -> None:
    shade = darker(main, 0.15)
    on.shape(shade, (30, 30), (12, 72), (24, 78), (38, 46))
    on.shape(shade, (70, 30), (88, 72), (76, 78), (62, 46))
    on.box(29, 27, 71, 84, main, 6)
    on.oval(40, 20, 60, 35, darker(main, 0.35))
    for row in range(4):
        for x in range(33, 68, 6):
            y = 42 + row * 8
            on.line(beside, 1.5, (x, y), (x + 3, y + 3), (x + 6, y))
    on.box(29, 78, 71, 85, shade, 2)


def scarf(on: Canvas, main: str, beside: str) -> None:
    on.box(54, 36, 70, 88, darker(main, 0.12), 2)
    on.box(34, 40, 50, 80, main, 2)
    on.oval(26, 18, 76, 50, main)
    on.oval(36, 22, 66, 38, darker(main, 0.45))
    for y in (58, 68):
        on.box(34, y, 50, y + 4, beside, 0)
    for y in (64, 75):
        on.box(54, y, 70, y + 4, beside, 0)
    for x in range(35, 51, 4):
        on.line(main, 1.2, (x, 80), (x, 86))


def mittens(on: Canvas, main: str, beside: str) -> None:
    on.arc((28, 8, 72, 60), 180, 360, beside, 1.4)
    for at, thumb in ((16, 34), (54, 52)):
        on.oval(thumb - 6, 50, thumb + 8, 70, darker(main, 0.12))
        on.box(at, 36, at + 28, 72, main, 13)
        on.box(at + 2, 70, at + 26, 84, beside, 3)


def cap(on: Canvas, main: str, beside: str) -> None:
    on.oval(43, 12, 57, 26, beside)
    on.pie((20, 20, 80, 96), 180, 360, main)
    for x in range(26, 78, 8):
        on.line(darker(main, 0.14), 1.4, (x + (50 - x) * 0.75, 24), (x, 58))
    on.box(17, 56, 83, 74, darker(main, 0.22), 7)


def brim(on: Canvas, main: str, beside: str) -> None:
    on.oval(8, 54, 92, 84, darker(main, 0.15))
    on.box(28, 24, 72, 68, main, 14)
    on.box(28, 54, 72, 63, beside, 0)


def socks(on: Canvas, main: str, beside: str) -> None:
    for at, tint in ((18, darker(main, 0.15)), (40, main)):
        on.box(at, 16, at + 20, 70, tint, 4)
        on.box(at, 56, at + 42, 80, tint, 12)
        on.box(at, 16, at + 20, 28, beside, 3)
        on.pie((at + 22, 56, at + 42, 80), 270, 450, beside)
