"""Pictures for the demonstration: plain drawn scenes with a placard 演示 DEMO, a few dozen, always the same.

No photograph and nobody's face. Chinese characters are drawn when the machine has a font for them.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw, ImageFont

SIZE = (640, 480)
VARIANTS = 4
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)
PHASES = {
    "before": (196, 60, 46),
    "after": (46, 128, 90),
    "verified": (40, 92, 150),
    "rejected": (190, 120, 20),
}
SCENES = ("corridor", "panel", "machine", "store", "paper")
SCENE_OF = {
    "escape_routes": "corridor", "fire_doors": "corridor", "aisles": "corridor", "fire_access": "corridor",
    "sockets": "panel", "distribution_boxes": "panel", "switch_rooms": "panel", "earthing": "panel", "cables": "panel",
    "machine_guards": "machine", "special_equipment": "machine", "hot_work": "machine", "ventilation": "machine",
    "dust": "machine", "machinery": "machine", "explosion_protection": "machine", "construction": "machine",
    "stacking": "store", "chemicals": "store", "chemical": "store", "gas": "store", "housekeeping": "store",
    "extinguishers": "store", "fire_equipment": "store",
}  # fmt: skip


def names() -> list[tuple[str, str, int]]:
    """Return scene, phase and variant of every picture."""
    return [
        (scene, phase, variant)
        for scene in SCENES
        for phase in PHASES
        for variant in range(VARIANTS if phase in ("before", "after") else 1)
    ]


def pictures() -> dict[tuple[str, str, int], bytes]:
    """Return every picture as JPEG by scene, phase and variant."""
    return {key: _picture(*key) for key in names()}


def choose(random: Random, topic: str, phase: str) -> tuple[str, str, int]:
    """Return which picture fits a topic and a phase."""
    variants = VARIANTS if phase in ("before", "after") else 1
    return (SCENE_OF.get(topic, "paper"), phase, random.randrange(variants))


def _picture(scene: str, phase: str, variant: int) -> bytes:
    random = Random(f"{scene}/{phase}/{variant}")  # noqa: S311 (a drawing, not a secret)
    shade = random.randint(205, 235)
    image = Image.new("RGB", SIZE, (shade, shade, shade - 6))
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 330), (640, 330), (640, 480), (0, 480)], fill=(150 + variant * 8, 145, 138))
    _DRAWERS[scene](draw, random, tidy=phase in ("after", "verified"))
    _placard(draw, phase)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


def _corridor(draw: ImageDraw.ImageDraw, random: Random, *, tidy: bool) -> None:
    draw.polygon([(0, 0), (230, 150), (230, 300), (0, 480)], fill=(188, 190, 186))
    draw.polygon([(640, 0), (410, 150), (410, 300), (640, 480)], fill=(180, 184, 182))
    draw.rectangle((260, 160, 380, 300), fill=(90, 110, 120), outline=(40, 50, 60), width=3)
    draw.rectangle((285, 135, 355, 155), fill=(20, 140, 80))
    _boxes(draw, random, 0 if tidy else random.randint(3, 6))


def _panel(draw: ImageDraw.ImageDraw, random: Random, *, tidy: bool) -> None:
    draw.rectangle((210, 90, 430, 380), fill=(120, 126, 130), outline=(50, 55, 60), width=5)
    for row in range(3):
        for column in range(4):
            x, y = 232 + column * 46, 120 + row * 70
            draw.rectangle((x, y, x + 34, y + 44), fill=(235, 235, 232), outline=(60, 60, 60))
    if not tidy:
        for _ in range(5):
            x = random.randint(215, 420)
            draw.line((x, 330, x + random.randint(-120, 120), 470), fill=(30, 30, 30), width=4)
        _boxes(draw, random, 2)
    else:
        draw.polygon([(320, 330), (300, 366), (340, 366)], fill=(242, 194, 0), outline=(0, 0, 0))


def _machine(draw: ImageDraw.ImageDraw, random: Random, *, tidy: bool) -> None:
    draw.rectangle((120, 200, 520, 370), fill=(70, 100, 116), outline=(30, 40, 50), width=4)
    for x in (210, 400):
        draw.ellipse((x, 150, x + 110, 260), fill=(160, 164, 166), outline=(40, 44, 48), width=6)
    draw.line((265, 152, 455, 152), fill=(40, 40, 40), width=7)
    if tidy:
        draw.rectangle((190, 130, 530, 272), outline=(226, 170, 0), width=7)
        for x in range(200, 530, 22):
            draw.line((x, 130, x, 272), fill=(226, 170, 0), width=2)
    else:
        _boxes(draw, random, 1)


def _store(draw: ImageDraw.ImageDraw, random: Random, *, tidy: bool) -> None:
    for x in (70, 370):
        for y in (110, 190, 270):
            draw.rectangle((x, y, x + 200, y + 8), fill=(70, 84, 150))
            for n in range(3):
                tilt = 0 if tidy else random.randint(-14, 14)
                left = x + 10 + n * 62 + tilt
                draw.rectangle((left, y - 48, left + 50, y), fill=(196, 160, 112), outline=(110, 84, 50))
    draw.rectangle((300, 250, 336, 350), fill=(200, 30, 40) if tidy else (150, 110, 110))
    if not tidy:
        _boxes(draw, random, 4)


def _paper(draw: ImageDraw.ImageDraw, random: Random, *, tidy: bool) -> None:
    draw.rectangle((190, 60, 450, 410), fill=(252, 252, 248), outline=(90, 90, 90), width=2)
    for n in range(9):
        y = 110 + n * 30
        draw.line((215, y, 425 if tidy else random.randint(250, 425), y), fill=(120, 124, 130), width=3)
    if tidy:
        draw.ellipse((360, 320, 430, 390), outline=(200, 30, 40), width=5)


def _boxes(draw: ImageDraw.ImageDraw, random: Random, count: int) -> None:
    for _ in range(count):
        x, y, side = random.randint(60, 500), random.randint(290, 370), random.randint(50, 96)
        draw.rectangle((x, y, x + side, y + side), fill=(190, 150, 100), outline=(100, 76, 46), width=3)
        draw.line((x, y + side // 2, x + side, y + side // 2), fill=(120, 94, 60), width=3)


_DRAWERS = {"corridor": _corridor, "panel": _panel, "machine": _machine, "store": _store, "paper": _paper}


def _placard(draw: ImageDraw.ImageDraw, phase: str) -> None:
    font, chinese = _font()
    draw.rectangle((16, 16, 250, 72), fill=PHASES[phase])
    draw.text((28, 26), "演示 DEMO" if chinese else "DEMO", fill="white", font=font)


@lru_cache(maxsize=1)
def _font() -> tuple[ImageFont.ImageFont | ImageFont.FreeTypeFont, bool]:
    for path in FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, 34), True
    return ImageFont.load_default(34), False
