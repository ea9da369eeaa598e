"""HTML mail as the text that a reader sees.

1. `head`, `script`, `style` and their like are dropped, links keep their text, list items get `- `, table cells are
   separated by a tab, a rule becomes a line of underscores, paragraphs are separated by an empty line.
2. Quoted mail (`blockquote`) gets `>` before each line, one for each level, so that trimming knows it.
3. Text that the mail's own styles hide (`display:none`, `visibility:hidden`, zero font size, zero opacity, zero height,
   the `hidden` attribute, ink in the colour of its own paper; inline or by a plain class or id rule) goes to `hidden`:
   disclosed, never mixed in. A rule inside `@media` hides nothing here: it depends on the screen.
4. Nesting that would cost the HTML parser quadratic time, and documents of more than `MOST_TAGS` tags, are read by a
   linear tag stripper instead: all words, no layout (`html_too_complex`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.mail.charset import clean

MOST_TAGS = 300_000
_FEW_TAGS = 2000
_DEEPEST = 500

# Stand for layout until white space is collapsed; `charset.clean` has removed them from the mail itself.
_LINE, _CELL, _QUOTE, _UNQUOTE, _GAP, _EDGE = "\x01", "\x02", "\x03", "\x04", "\x05", "\x06"
_MARKS = _LINE + _CELL + _QUOTE + _UNQUOTE + _GAP + _EDGE

_DROPPED = ["script", "style", "head", "title", "template", "svg", "math", "object", "select", "noframes", "iframe"]
_BLOCKS = (
    "div,tr,table,ul,ol,dl,dt,dd,section,article,header,footer,aside,main,nav,figure,figcaption,form,fieldset,address,"
    "center,caption,legend,details,summary"
)
_PARAGRAPHS = "p,h1,h2,h3,h4,h5,h6,pre"
_DATA_URI = re.compile(r"data:[^\"'\s<>]{500,}")
_LONG_TAG = re.compile(r"<[a-zA-Z/!][^<>]{8000,}")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
_UNNESTED = frozenset(
    re.split(
        " ", "p li td th tr tbody thead tfoot dt dd option br img hr input meta link col area base wbr source param"
    )
)
_ANY_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>")
_BREAKING_TAG = re.compile(r"<(?:br|/?(?:p|div|tr|li|h[1-6]|table|blockquote))\b[^<>]*>", re.IGNORECASE)
#: Padding of preview texts, and hyphens that show only at a line's end. A joiner between letters is spelling.
_UNSEEN = re.compile(r"[\u00ad\u034f\u200b\u2060]|(?<!\w)\u200c|\u200c(?!\w)")
_ODD = r"\t\n\r\f\xa0"
#: White space that is not one plain blank already: matching those too would cost ten times the memory.
_BLANKS = re.compile(f"[{_ODD}][ {_ODD}]*| [ {_ODD}]+")
_BLANKS_AT_BREAK = re.compile(f" *([{_MARKS}]) *")

_LINE_PIECES = re.compile(f"[{_LINE}{_QUOTE}{_UNQUOTE}{_GAP}{_EDGE}]|[^{_LINE}{_QUOTE}{_UNQUOTE}{_GAP}{_EDGE}]+")
_CELLS = re.compile(f"{_CELL}+")

_MAYBE_HIDDEN = re.compile(
    r"hidden|display\s*:\s*none|font-size\s*:\s*[01](?!\d)|opacity\s*:\s*0|max-height\s*:\s*0|(?<!-)height\s*:\s*0|"
    r"background",
    re.IGNORECASE,
)
_HIDES = re.compile(
    r"display:none|visibility:hidden|(?<!-)opacity:0(?:\.0+)?(?:;|!|$)|"
    r"max-height:0[a-z%]*(?:;|!|$)|(?:^|;)height:0[a-z%]*(?:;|!|$).*overflow:hidden|"
    r"overflow:hidden.*;height:0[a-z%]*(?:;|!|$)"
)
_ZERO_FONT = re.compile(r"font-size:(?:0+(?:\.0+)?[a-z%]*|1px|0?\.\d+p[xt])(?:;|!|$)")
_SOME_FONT = re.compile(r"font-size:(?!0(?!\.[1-9])|1px)")
_INK = re.compile(r"(?:^|;)color:([#a-z0-9(),.]{2,40})")
_PAPER = re.compile(r"background(?:-color)?:([#a-z0-9(),.]{2,40})")
_MEDIA = re.compile(r"@[^@{};]*+\{(?:[^{}]*+\{[^{}]*+\})*+[^{}]*+\}")
_RULE = re.compile(r"([^{}]{1,500})\{([^{}]{1,2000})\}")
_SIMPLE_SELECTOR = re.compile(r"[a-z]{0,10}[.#][a-zA-Z_][\w-]{0,60}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlText:
    """An HTML body, read."""

    text: str
    #: What the styles hide from a reader; empty for nearly all mail.
    hidden: str
    #: `html_too_complex` or empty.
    defect: str = ""


def read_html(html: str) -> HtmlText:
    """Return what `html` shows and what it hides. Never raises; linear in the length of `html`."""
    html = clean(html)
    if "data:" in html:
        html = _DATA_URI.sub("", html)
    if _is_too_complex(html):
        return HtmlText(text=_strip_tags(html), hidden="", defect="html_too_complex")
    tree = LexborHTMLParser(_keep_preformatted(html))
    hidden = _take_hidden(tree, html)
    tree.strip_tags(_DROPPED, recursive=False)
    body = tree.body or tree.root
    if body is None:
        return HtmlText(text="", hidden=hidden)
    _mark_layout(tree)
    return HtmlText(text=_lay_out(body.text(deep=True, separator="", strip=False)), hidden=hidden)


def _is_too_complex(html: str) -> bool:
    tags = html.count("<")
    if any(len(re.findall(r"[\s/=]", tag[0])) > 4000 for tag in _LONG_TAG.finditer(html)):
        return True
    if tags <= _FEW_TAGS:
        return False
    if tags > MOST_TAGS:
        return True
    depth = 0
    for found in _TAG.finditer(html):
        if found[2].lower() in _UNNESTED:
            continue
        depth = max(depth - 1, 0) if found[1] else depth + 1
        if depth > _DEEPEST:
            return True
    return False


def _strip_tags(html: str) -> str:
    for opening, closing in (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"), ("<head", "</head")):
        html = _without_spans(html, opening, closing)
    broken = _BREAKING_TAG.sub(_LINE, html)
    return _lay_out(unescape(_ANY_TAG.sub(" ", broken)))


def _without_spans(html: str, opening: str, closing: str) -> str:
    """Cut out everything between `opening` and `closing`; what is never closed stays, since it may hold the text."""
    lowered = html.lower()
    if len(lowered) != len(html):
        return html
    kept: list[str] = []
    position = 0
    while True:
        start = lowered.find(opening, position)
        end = lowered.find(closing, start) if start >= 0 else -1
        if end < 0:
            kept.append(html[position:])
            return " ".join(kept)
        kept.append(html[position:start])
        position = end + len(closing)


def _keep_preformatted(html: str) -> str:
    """Turn the line feeds inside `<pre>` into `<br>`, so that collapsing white space does not join its lines."""
    lowered = html.lower()
    start = lowered.find("<pre")
    if start < 0 or len(lowered) != len(html):
        return html
    pieces: list[str] = []
    position = 0
    while start >= 0:
        end = lowered.find("</pre", start)
        if end < 0:
            break
        opened = lowered.find(">", start) + 1
        pieces += [html[position:opened], html[opened:end].lstrip("\n").replace("\n", "<br>")]
        position = end
        start = lowered.find("<pre", end)
    pieces.append(html[position:])
    return "".join(pieces)


def _take_hidden(tree: LexborHTMLParser, html: str) -> str:
    """Cut out what the styles hide and return its text."""
    if not _MAYBE_HIDDEN.search(html):
        return ""
    hidden: list[str] = []
    # Last first: a node is never touched after its ancestor is gone.
    for node in reversed(tree.css("[hidden],[style]" + _hiding_selectors(tree))):
        if node.tag in ("body", "html", "-undef") or not _is_hidden(node):
            continue
        found = _BLANKS.sub(" ", node.text(deep=True, separator=" ")).strip()
        if found:
            hidden.append(found)
        node.decompose()
    return "\n".join(reversed(hidden))


def _hiding_selectors(tree: LexborHTMLParser) -> str:
    found: list[str] = []
    for sheet in tree.css("style")[:20]:
        css = _MEDIA.sub("", sheet.text()[:65536])
        for selectors, rules in _RULE.findall(css)[:500]:
            if _HIDES.search(_squeezed(rules)):
                names = (name.strip() for name in selectors.split(",")[:50])
                found += [name for name in names if _SIMPLE_SELECTOR.match(name)]
    return "".join(f",{name}" for name in found[:100])


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if "hidden" in attributes:
        return True
    if "style" not in attributes:
        return True  # Selected by a style sheet's hiding rule.
    style = _squeezed(attributes["style"] or "")
    if _HIDES.search(style):
        return True
    if _ZERO_FONT.search(style):
        return not any(
            _SOME_FONT.search(_squeezed(inner.attributes.get("style") or "")) for inner in node.css("[style]")
        )
    ink, paper = _INK.search(style), _PAPER.search(style)
    return bool(ink and paper and _colour(ink[1]) == _colour(paper[1]))


def _squeezed(style: str) -> str:
    return re.sub(r"\s+", "", style[:2000]).lower()


def _colour(value: str) -> str:
    value = {"white": "#ffffff", "black": "#000000"}.get(value, value)
    return "#" + "".join(digit * 2 for digit in value[1:]) if len(value) == 4 and value[0] == "#" else value


def _mark_layout(tree: LexborHTMLParser) -> None:
    for node in tree.css("br"):
        node.insert_before(_LINE)
    for node in tree.css("hr"):
        node.insert_before(f"{_EDGE}________________________________{_EDGE}")
    for node in tree.css("td,th"):
        node.insert_before(_CELL)
    for node in tree.css("li"):
        node.insert_before(f"{_EDGE}- ")
    for node in tree.css(_BLOCKS):
        node.insert_before(_EDGE)
        node.insert_after(_EDGE)
    for node in tree.css(_PARAGRAPHS):
        node.insert_before(_GAP)
        node.insert_after(_GAP)
    for node in tree.css("blockquote"):
        node.insert_before(_QUOTE)
        node.insert_after(_UNQUOTE)


def _lay_out(marked: str) -> str:
    """Turn text with layout marks into lines."""
    if not marked.isascii():
        marked = _UNSEEN.sub("", marked)
    flat = _BLANKS_AT_BREAK.sub(r"\1", _BLANKS.sub(" ", marked))
    pieces: list[str] = []
    depth = last_depth = 0
    breaks = 0
    for found in _LINE_PIECES.finditer(flat):
        piece = found[0]
        if piece == _LINE:
            breaks += 1
        elif piece == _GAP:
            breaks = max(breaks, 2)
        elif piece in (_EDGE, _QUOTE, _UNQUOTE):
            breaks = max(breaks, 1)
            depth = max(depth + (piece == _QUOTE) - (piece == _UNQUOTE), 0)
        else:
            content = _CELLS.sub("\t", piece.strip(f" {_CELL}"))
            if not content:
                continue
            if pieces:
                empty = "\n" + ">" * min(depth, last_depth)
                pieces.append(empty * min(breaks - 1, 2) + "\n")
            pieces.append(f"{'>' * depth} {content}" if depth else content)
            last_depth, breaks = depth, 0
    return "".join(pieces)
