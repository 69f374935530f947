"""What a student wrote, shown on an instructor's page: nothing of it may run there.

A script that runs puts `HARM` into the page's title.
"""

import base64
import io

from nbformat import v4
from PIL import Image

from tools.attacks.attack import HARM, WRONG, Attack, Desk, attack, cell_of

MARKDOWN = "HTML and scripts in markdown"
OUTPUTS = "HTML and scripts in outputs"
WORDS = "HTML and scripts in names, text, errors"
FLOODS = "pages that are too much for a browser"
LONG = 1_000_000  # characters
SLOW = ("\\\\(|a|b|\n|-|-|\n", "[", "![", "> ", "*a_", "\\begin{a}", "<b>", "<a><b>")
RUN = f"document.title='{HARM}'"
IMAGE = f'<img src=x onerror="{RUN}">'


def _text(desk: Desk, *sources: str) -> None:
    notebook = desk.solution()
    notebook.cells[3:3] = [v4.new_markdown_cell(source) for source in sources]
    desk.write(notebook)


@attack(MARKDOWN, deserved=7)
def script_tags(desk: Desk) -> None:
    """Right work; markdown cells hold script, iframe, style, object and meta tags, plain and disguised."""
    _text(
        desk,
        f"# Notes\n\n<script>{RUN}</script>\n\n<SCRIPT\n>{RUN}</SCRIPT\t>",
        f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe> <scr<script>ipt>{RUN}</script>',
        f'<object data="data:text/html,<script>parent.{RUN}</script>"></object>\n<base href="javascript:{RUN};//">',
        f'<meta http-equiv="refresh" content="0;url=javascript:{RUN}"><style>@import "//{HARM}.example";</style>',
        f"<!--><script>{RUN}</script> -->\n\n<?php ><script>{RUN}</script>\n\n<![CDATA[ ><script>{RUN}</script>]]>",
    )


@attack(MARKDOWN, deserved=7)
def event_handlers(desk: Desk) -> None:
    """Right work; markdown cells hold tags that run something when they load, fail or are pointed at."""
    _text(
        desk,
        IMAGE,
        f"<svg/onload={RUN}>  <details open ontoggle={RUN}>x</details>  <body onload={RUN}>",
        f'| a | b |\n|---|---|\n| {IMAGE} | <input autofocus onfocus="{RUN}"> |',
        f'> quoted {IMAGE}\n\n- item <b onmouseover="{RUN}">bold</b>\n\n1. <video><source onerror={RUN}></video>',
        f"`code` {IMAGE} `code`\n\n```\n{IMAGE}\n``` \n{IMAGE}\n\n    {IMAGE}\n\n\\{IMAGE} \\\\{IMAGE}",
        f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src onerror={RUN}&gt;"></math>',
    )


@attack(MARKDOWN, deserved=7)
def script_links(desk: Desk) -> None:
    """Right work; markdown links, images and references lead to `javascript:` and `data:` in many spellings."""
    targets = [f"javascript:{RUN}", f"JaVaScRiPt:{RUN}", f"javascript&colon;{RUN}", f"&#106;avascript:{RUN}"]
    targets += [f"java&Tab;script:{RUN}", f"&#x01;javascript:{RUN}", f"javascript\\:{RUN}", f"vbscript:{RUN}"]
    targets += [f"data:text/html,{HARM}", f"\x01javascript:{RUN}", f"java&NewLine;script:{RUN}"]
    links = [f"[click]({target})" for target in targets] + [f"[click](<{target}>)" for target in targets]
    references = [f"[click][{n}]\n\n[{n}]: {target}" for n, target in enumerate(targets)]
    more = [f"<javascript:{RUN}>", f"![x](javascript:{RUN})", f"[click](\njavascript:{RUN} 'title')"]
    _text(
        desk, "\n\n".join(links), "\n\n".join(references), "\n\n".join(more), f"> [a][b]\n>\n> [b]:\n> javascript:{RUN}"
    )


@attack(MARKDOWN, deserved=7)
def formula_links(desk: Desk) -> None:
    """Right work; formulas in markdown make a link to `javascript:` with TeX's own command for links."""
    link = rf"\href{{javascript:{RUN}}}{{x^2}}"
    _text(desk, f"We see that ${link}$ holds.", f"$$\n{link}\n$$", rf"\begin{{equation}}{link}\end{{equation}}")


@attack(MARKDOWN, deserved=7)
def attribute_breakers(desk: Desk) -> None:
    """Right work; titles, alternative texts and headings try to break out of the attributes that they end up in."""
    quote = f'" onmouseover="{RUN}" x="'
    _text(
        desk,
        f"[link](https://example.org '{quote}')\n\n![{quote}](picture.png \"a' {quote}\")",
        f'# Heading {quote} <a id="x" onclick="{RUN}">\n\n[a](https://example.org/"onmouseover="{RUN}")',
        f"![picture](attachment:x.svg)\n\n<https://example.org/{quote}>",
    )


@attack(MARKDOWN, deserved=7)
def raw_cell(desk: Desk) -> None:
    """Right work; a raw cell holds a script, and converters hand raw cells through as they are."""
    notebook = desk.solution()
    notebook.cells.insert(2, v4.new_raw_cell(f"<script>{RUN}</script>{IMAGE}"))
    notebook.cells.append(v4.new_raw_cell(IMAGE, metadata={"raw_mimetype": "text/html", "format": "text/html"}))
    desk.write(notebook)


@attack(MARKDOWN, deserved=7)
def picture_attachments(desk: Desk) -> None:
    """Right work; a markdown cell brings pictures along, one of them an SVG that runs a script."""
    notebook = desk.solution()
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{RUN}\"/>"
    cell = v4.new_markdown_cell("![p](attachment:p.svg)\n\n![q](attachment:q.png)")
    cell["attachments"] = {"p.svg": {"image/svg+xml": svg}, "q.png": {"image/png": f'x" onerror="{RUN}'}}
    notebook.cells.append(cell)
    desk.write(notebook)


FLOOD = """import base64, struct, zlib
from IPython.display import Image, display
def part(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
head, rows = part(b"IHDR", struct.pack(">IIBBBBB", 5000, 5000, 8, 0, 0, 0, 0)), zlib.compress(bytes(5000 * 5001), 9)
flood = bytes.fromhex("89504e470d0a1a0a") + head + part(b"IDAT", rows) + part(b"IEND", b"")
for _ in range(4):
    display(Image(data=flood))"""


@attack(FLOODS, deserved=7)
def pixel_flood(desk: Desk) -> None:
    """Right work; sixteen small pictures, which four cells display, hold 400 million pixels: 1.6 GB in a browser."""
    notebook = desk.solution()
    for _ in range(4):
        notebook = desk.with_cell(notebook, FLOOD, before="nms")
    desk.write(notebook)


@attack(FLOODS, deserved=7)
def attached_flood(desk: Desk) -> None:
    """Right work; one picture that is attached to a text stands there a thousand times, others are huge."""
    notebook = desk.solution()
    cell = v4.new_markdown_cell("![a](attachment:a.png) ![b](attachment:b.png)" * 200)
    data = base64.b64encode(_picture(8_000, 8_000)).decode()
    cell["attachments"] = {"a.png": {"image/png": data}, "b.png": {"image/png": data[:4_000_000]}}
    notebook.cells.insert(3, cell)
    desk.write(notebook)


@attack(FLOODS, deserved=7)
def slow_markdown(desk: Desk) -> None:
    """Right work; texts of the kinds that Markdown takes longest to parse: long ones and two hundred shorter ones."""
    _text(desk, *((kind * LONG)[:LONG] for kind in SLOW), *((kind * 5_000)[:4_999] for kind in SLOW * 25))


def _picture(width: int, height: int) -> bytes:
    """A black picture as a PNG file."""
    file = io.BytesIO()
    Image.new("L", (width, height)).save(file, "png")
    return file.getvalue()


DISPLAYS = {
    "displayed_html": (
        "HTML with a script",
        f'from IPython.display import HTML, display\ndisplay(HTML("""{IMAGE}"""))',
    ),
    "displayed_script": (
        "JavaScript",
        f'from IPython.display import Javascript, display\ndisplay(Javascript("""{RUN}"""))',
    ),
    "displayed_picture": (
        "an SVG with a handler, and a PNG that is HTML",
        "from IPython.display import display\n"
        f"display({{'image/svg+xml': '''<svg onload=\"{RUN}\"/>'''}}, raw=True)\n"
        f"display({{'image/png': '''\" onerror=\"{RUN} '''}}, raw=True)",
    ),
    "displayed_text": (
        "markdown and LaTeX with scripts",
        "from IPython.display import Latex, Markdown, display\n"
        f"display(Markdown('''{IMAGE} [x](javascript:{RUN})'''), Latex(r'''$\\href{{javascript:{RUN}}}{{x}}$'''))",
    ),
}


def _displaying(source: str):
    def make(desk: Desk) -> None:
        notebook = desk.with_cell(desk.solution(), source, before="nms")
        lines = cell_of(notebook, "nms").source.split("\n")
        end = next(number for number, line in enumerate(lines) if number and line.endswith('"""')) + 1
        inside = [f"    {line}" for line in source.split("\n")]
        cell_of(notebook, "nms").source = "\n".join([*lines[:end], *inside, *lines[end:]])
        desk.write(notebook)

    return make


ATTACKS = [
    Attack(
        name.replace("_", "-"),
        OUTPUTS,
        7.0,
        _displaying(source),
        f"Right work that displays {what}, in a cell and while it is asked.",
    )
    for name, (what, source) in DISPLAYS.items()
]


@attack(OUTPUTS, deserved=7)
def saved_scripts(desk: Desk) -> None:
    """Right work; scripts lie in the outputs that the notebook was saved with."""
    notebook = desk.solution()
    pages = {"text/html": f"<script>{RUN}</script>", "application/javascript": RUN, "image/svg+xml": IMAGE}
    for name in ("given_1", "check_nms", "nms"):
        cell_of(notebook, name).outputs = [v4.new_output("display_data", pages)]
    desk.write(notebook)


@attack(WORDS, deserved=3)
def scripts_in_errors(desk: Desk) -> None:
    """Half done honestly; the other function and a cell raise errors whose names and texts are tags and formulas."""
    formula = rf"$\href{{javascript:{RUN}}}{{x}}$"
    error = f"type({IMAGE!r}, (Exception,), {{}})({IMAGE!r} + {formula!r})"
    broken = f"def nms(boxes, scores, threshold):\n    raise {error}"
    desk.write(desk.with_cell(desk.with_source(desk.solution(), "nms", broken), f"raise {error}", before="nms"))


@attack(WORDS, deserved=7)
def scripts_in_prints(desk: Desk) -> None:
    """Right work that prints tags, formulas, and colour codes with tags inside, to both streams."""
    formula = rf"$\href{{javascript:{RUN}}}{{x}}$"
    words = (
        f"import sys\nfor stream in (sys.stdout, sys.stderr):\n    print({IMAGE + formula!r}, '\\x1b[31m', file=stream)"
    )
    desk.write(desk.with_cell(desk.solution(), f'{words}\n"""{IMAGE}"""', before="nms"))


@attack(WORDS, deserved=7)
def scripts_in_metadata(desk: Desk) -> None:
    """Right work; the notebook's title, authors, language, widgets and cell names hold tags."""
    notebook = desk.solution()
    out = f"</script></title>{IMAGE}"
    state = {"version_major": 2, "version_minor": 0, "state": {"x": out}}
    notebook.metadata.update(
        title=out, authors=[{"name": out}], description=out, course={"notes": [out], "release": out}
    )
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": state}
    notebook.metadata.language_info = {"name": out, "pygments_lexer": out, "codemirror_mode": out}
    for cell in notebook.cells:
        cell.metadata.update(name=out, tags=[out], jupyter={"source_hidden": out})
    desk.write(notebook)


@attack(WORDS, deserved=3)
def scripts_in_files(desk: Desk) -> None:
    """Half done honestly; the notebook's file name and an argument of the wrong function are tags."""
    wrong = WRONG["nms"].replace("threshold)", f"threshold, *, html={IMAGE!r})")
    desk.write(desk.with_source(desk.solution(), "nms", wrong), f"{IMAGE}.ipynb")
