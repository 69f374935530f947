"""Unit 05's diagrams: the skips of FCN, an encoder–decoder, and one unit with two streams."""

from course_lib.plots import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, YELLOW, Arrow, Block, diagram


def draw_skips(ax=None):
    """Draws FCN-32s, 16s and 8s: three maps of one network, their scores, and what is added. Returns the Axes."""
    blocks = {
        "image": Block(0, 3, "image", SKY, 1.1),
        "map8": Block(1.9, 3, "map\nstride 8", BLUE, 1.3, 1),
        "map16": Block(4.4, 3, "map\nstride 16", BLUE, 1.3, 0.75),
        "map32": Block(6.9, 3, "map\nstride 32", BLUE, 1.3, 0.6),
        "score8": Block(1.9, 1.6, "1×1: scores", ORANGE, 1.4),
        "score16": Block(4.4, 1.6, "1×1: scores", ORANGE, 1.4),
        "score32": Block(6.9, 1.6, "1×1: scores", ORANGE, 1.4),
        "sum16": Block(4.4, 0.3, "+", YELLOW, 0.6),
        "sum8": Block(1.9, 0.3, "+", YELLOW, 0.6),
        "FCN-32s": Block(6.9, -1.2, "×32\nFCN-32s", GREEN, 1.4, 0.8),
        "FCN-16s": Block(4.4, -1.2, "×16\nFCN-16s", GREEN, 1.4, 0.8),
        "FCN-8s": Block(1.9, -1.2, "×8\nFCN-8s", GREEN, 1.4, 0.8),
    }
    arrows = [
        *(("image", "map8"), ("map8", "map16"), ("map16", "map32")),
        *(("map8", "score8"), ("map16", "score16"), ("map32", "score32")),
        *(("score16", "sum16"), ("score8", "sum8")),
        Arrow("score32", "sum16", PURPLE, "×2"),
        Arrow("sum16", "sum8", PURPLE, "×2"),
        *(("score32", "FCN-32s"), ("sum16", "FCN-16s"), ("sum8", "FCN-8s")),
    ]
    return diagram(blocks, arrows, ax, size=(9, 5))


def draw_encoder_decoder(ax=None):
    """Draws an encoder–decoder: down on the left, up on the right, a skip at each level. Returns the Axes."""
    blocks, arrows = {}, []
    strides = (2, 4, 8, 16)
    for level, stride in enumerate(strides):
        y, width = -1.05 * level, 2.3 - 0.4 * level
        blocks[f"down{level}"] = Block(0.9 * level if level < 3 else 4, y, f"stride {stride}", BLUE, width)
        if level < 3:
            blocks[f"up{level}"] = Block(8 - 0.9 * level, y, f"stride {stride}", GREEN, width)
            arrows.append(Arrow(f"down{level}", f"up{level}", VERMILLION, "features, stacked"))
            arrows.append((f"down{level}", f"down{level + 1}"))
    blocks["image"] = Block(0, 1.05, "image", SKY, 2.3)
    blocks["classes"] = Block(8, 1.05, "class of each pixel", ORANGE, 2.3)
    arrows += [("image", "down0"), Arrow("down3", "up2", text="×2"), ("up2", "up1"), ("up1", "up0"), ("up0", "classes")]
    return diagram(blocks, arrows, ax, size=(9.5, 4.6))


def draw_two_streams(ax=None):
    """Draws a full-resolution residual unit: the residual stream above, the pooling stream below. Returns the Axes."""
    blocks = {
        "z": Block(0, 2.6, "z\nfull resolution", SKY, 1.6, 0.8),
        "plus": Block(7.5, 2.6, "+", YELLOW, 0.6),
        "z'": Block(10, 2.6, "z'\nfull resolution", SKY, 1.6, 0.8),
        "pool": Block(1.4, 1.2, "pool", ORANGE, 1),
        "y": Block(0, 0, "y\nsmall", BLUE, 1.6, 0.8),
        "stack": Block(2.4, 0, "stack", ORANGE, 1),
        "layers": Block(4.7, 0, "2 × (3×3, batch\nnorm, ReLU)", GREEN, 2, 0.8),
        "y'": Block(7.5, 0, "y'\nsmall", BLUE, 1.6, 0.8),
        "repeat": Block(7.5, 1.3, "1×1, repeat\neach cell", ORANGE, 1.8, 0.8),
        "on": Block(10, 0, "next unit", "white", 1.6),
    }
    arrows = [
        Arrow("z", "plus", text="nothing on the way"),
        *(("plus", "z'"), ("z", "pool"), ("pool", "stack"), ("y", "stack")),
        *(("stack", "layers"), ("layers", "y'"), ("y'", "on")),
        Arrow("y'", "repeat", PURPLE),
        Arrow("repeat", "plus", PURPLE, "residual"),
    ]
    return diagram(blocks, arrows, ax, size=(10.5, 4))
