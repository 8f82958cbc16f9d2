"""Words that made-up products are called by: English, with accents, Chinese."""

from typing import Final


def _split(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


KINDS: Final[dict[str, tuple[str, ...]]] = {
    "Clothing": _split("Shirt, Jacket, Trousers, Hoodie, Dress, Scarf, Gants, Jersey, T恤, 连衣裙, 外套"),
    "Shoes": _split("Sneaker, Boot, Sandal, Loafer, Trainer, Espadrille, 运动鞋, 靴子"),
    "Home": _split("Lamp, Chair, Blanket, Kettle, Café table, Crêpe pan, Décor set, 台灯, 毛毯, 茶壶"),
    "Electronics": _split("Headphones, Keyboard, Charger, Speaker, Camera, Monitor, 耳机, 键盘, 充电器"),
    "Outdoor": _split("Tent, Backpack, Bottle, Stove, Rope, Sleeping bag, 帐篷, 背包"),
}
ADJECTIVES: Final = _split(
    "Classic, Light, Heavy, Soft, Slim, Wide, Urban, Alpine, Nordic, Élégant, Süß, Señorial, "
    "Compact, Folding, Wireless, Organic, Vintage, Modern, Mini, Grand, 防水, 轻便, 经典, 智能"
)
COLOURS: Final = _split("Black, White, Red, Blue, Green, Yellow, Grey, Brown, Pink, Orange")
MATERIALS: Final = _split("cotton, wool, linen, leather, steel, bamboo, glass, nylon, cork, felt")
SYLLABLES: Final = _split("ka, lo, mi, ra, ven, tor, su, del, no, pha, xi, gru, ber, ost, li")
USES: Final = _split("travel, work, sport, children, winter, summer, the kitchen, the office, the garden")
SENTENCES: Final = (
    "A {adjective} {kind} of {material}, made for {use}.",
    "{vendor} builds each one by hand and looks after it for as long as you have it.",
    "Light enough to take along, strong enough to come back with.",
    "The {material} is certified, comes from within two hundred miles and ages well.",
    "Washed, tested and packed in paper; nothing of it is thrown away.",
    "Goes with everything you already have, and with most of what you will.",
    "Conçu à Besançon, fabriqué en {material} : léger, solide, réparable.",
    "Für {use} gemacht, für den Alltag gut: hält warm, bleibt trocken, lässt sich falten.",
    "Hecho en España con {material} de primera calidad y un diseño sencillo.",
    "采用优质材料，做工精细，轻便耐用，适合日常使用。",
    "防水透气，四季皆宜，送礼自用两相宜。",
)
