"""Unit 01's diagram of network surgery: which layers a new task takes over, and which of them learn."""

from course_lib.plots import BLACK, GREEN, ORANGE, SKY, YELLOW, Arrow, Block, diagram

LAYERS = ("stem", "stage 1", "stage 2", "stage 3", "stage 4")
RANDOM, LEARNED, SLOW, FROZEN = (
    ("random, learns", ORANGE),
    ("learned", GREEN),
    ("learns slowly", YELLOW),
    ("frozen", SKY),
)
COLUMNS = {
    "from scratch": [RANDOM] * 5,
    "source network": [LEARNED] * 5,
    "fixed features": [FROZEN] * 5,
    "fine-tuning": [FROZEN] * 3 + [SLOW] * 2,
}  # what becomes of each layer
APART, STEP = 3.2, 0.75  # from column to column, and from layer to layer


def draw_surgery(source: int = 24, target: int = 12, ax=None):
    """Draws the source network, and beside it what each of three strategies makes of its layers. Returns the Axes.

    Args:
        source, target: how many classes the old head names, and the new one.
    """
    blocks, arrows = {}, []
    for number, (title, layers) in enumerate(COLUMNS.items()):
        blocks[title] = Block(APART * number, 6 * STEP + 0.1, title, "white", 2.3, 0.42)
        head = ("white", f"old head: {source} classes") if layers[0] == LEARNED else (ORANGE, f"new head: {target}")
        rows = [(color, f"{layer}: {state}") for layer, (state, color) in zip(LAYERS, layers, strict=True)]
        for place, (color, text) in enumerate([*rows, head]):
            blocks[f"{title} {place}"] = Block(APART * number, (5 - place) * STEP, text, color, 2.3, 0.42)
        arrows += [(f"{title} {place}", f"{title} {place + 1}") for place in range(5)]
    return diagram(blocks, [*arrows, *copies()], ax, size=(11, 4.4))


def copies() -> list[Arrow]:
    """From the source network to the two strategies that take over its layers, but not its head."""
    _, *taking = COLUMNS
    return [
        Arrow(f"{giver} {place}", f"{taker} {place}", BLACK, "copied" if place == 0 else "")
        for giver, taker in zip(taking, taking[1:], strict=False)
        for place in range(len(LAYERS))
    ]
