"""Which thing each product of the demo catalog is, and its colours."""

from collections.abc import Callable
from typing import Final

from PIL import Image

from services.demo.drawing import clothes, things
from services.demo.drawing.canvas import Canvas, darker, lighter, mixed

Thing = Callable[[Canvas, str, str], None]

RUST, MOSS, NIGHT, CHALK, BRASS = "#c2593f", "#6d8659", "#36406a", "#efe9dc", "#c99a4a"
PLUM, OAT, FOG, NAVY, ROSE, SKY = "#7a4a6d", "#d9c4a0", "#9aa5b1", "#2f4a73", "#e2a3a0", "#8fb8b5"

PICTURES: Final[dict[str, tuple[tuple[Thing, str, str], ...]]] = {
    "rush-tee": ((clothes.tee, RUST, CHALK), (clothes.tee, CHALK, RUST)),
    "hollow-lantern": ((things.lantern, BRASS, "#f3b04c"), (things.lantern, NIGHT, "#f3b04c")),
    "pond-lantern": ((things.floating, SKY, NAVY),),
    "paper-moon": ((things.globe, CHALK, OAT),),
    "reading-heron": ((things.heron, RUST, CHALK), (things.heron, MOSS, CHALK)),
    "pebble-lamp": ((things.pebble, CHALK, ROSE),),
    "slow-candle": ((things.candle, ROSE, "#f08a3c"),),
    "window-candles": ((things.candles, OAT, "#f08a3c"),),
    "storm-glass": ((things.glass, SKY, CHALK),),
    "two-owl-tent": ((things.tent, MOSS, CHALK), (things.tent, RUST, CHALK)),
    "nine-owl-tent": ((things.hall, OAT, SKY),),
    "dormouse-bag": ((things.sleeping_bag, PLUM, OAT),),
    "between-trees": ((things.hammock, RUST, "#7d6149"),),
    "day-pack": ((things.pack, NIGHT, BRASS), (things.pack, RUST, CHALK)),
    "week-pack": ((things.big_pack, MOSS, BRASS),),
    "ember-stove": ((things.stove, FOG, RUST),),
    "creek-bottle": ((things.bottle, MOSS, CHALK), (things.bottle, NIGHT, SKY)),
    "night-kettle": ((things.kettle, NIGHT, BRASS),),
    "three-spoons": ((things.spoons, BRASS, FOG),),
    "fog-tee": ((clothes.tee, FOG, CHALK), (clothes.tee, NIGHT, FOG)),
    "dusk-hoodie": ((clothes.hoodie, PLUM, CHALK), (clothes.hoodie, MOSS, CHALK)),
    "rain-shell": ((clothes.shell, NAVY, BRASS),),
    "harbour-jumper": ((clothes.jumper, OAT, RUST), (clothes.jumper, NAVY, CHALK)),
    "long-scarf": ((clothes.scarf, RUST, CHALK),),
    "mitten-pair": ((clothes.mittens, MOSS, CHALK),),
    "watch-cap": ((clothes.cap, NAVY, BRASS),),
    "fisher-hat": ((clothes.brim, OAT, MOSS),),
    "hut-socks": ((clothes.socks, OAT, RUST),),
    "mist-teapot": ((things.teapot, SKY, CHALK), (things.teapot, NIGHT, BRASS)),
    "iron-kettle": ((things.kettle, "#4a4d57", RUST),),
    "rain-cups": ((things.cups, SKY, BRASS),),
    "lid-bowl": ((things.lid_bowl, CHALK, NAVY),),
    "first-frost": ((things.leaves, MOSS, CHALK),),
    "night-oolong": ((things.leaves, BRASS, NIGHT),),
    "sampler-drawer": ((things.drawer, "#8a6547", MOSS),),
    "lake-blanket": ((things.blanket, NAVY, SKY),),
    "moss-cushion": ((things.cushion, FOG, MOSS),),
    "valley-radio": ((things.radio, RUST, CHALK), (things.radio, CHALK, RUST)),
    "hush-headphones": ((things.headphones, NIGHT, RUST),),
    "night-notebook": ((things.notebook, NIGHT, CHALK),),
    "leaf-bookmark": ((things.leaf, BRASS, "#8a6a2f"),),
    "gift-note": ((things.card, PLUM, ROSE),),
}
"""By slug; a second one is the product in another colour."""


def picture(thing: Thing, main: str, beside: str) -> Image.Image:
    """Draw the thing before a moon, on a shelf."""
    ground = mixed(lighter(beside, 0.62), darker(main, 0.1), 0.16)
    canvas = Canvas(ground)
    canvas.oval(14, 8, 86, 80, lighter(ground, 0.45))
    canvas.box(-4, 82, 104, 104, darker(ground, 0.14), 0)
    canvas.oval(16, 80, 84, 92, darker(ground, 0.26))
    thing(canvas, main, beside)
    return canvas.finished()
