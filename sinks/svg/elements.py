"""Elements of SVG: every text is escaped, coordinates have one decimal, looks come from classes."""

from html import escape


def number(value: float) -> str:
    """Return a coordinate: at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, *children: str, **attributes: object) -> str:
    """Return an element; ``class_`` is the attribute class, underscores become hyphens, None leaves one out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def _value(value: object) -> str:
    return number(value) if isinstance(value, float) else escape(str(value), quote=True)


def text(words: str, x: float, y: float, class_: str | None = None, anchor: str | None = None) -> str:
    """Return a text."""
    return element("text", escape(words), x=float(x), y=float(y), class_=class_, text_anchor=anchor)


def picture(width: int, height: int, name: str, title: str, summary: str, *drawn: str) -> str:
    """Return a whole picture, with a name and a sentence for those who do not see it; ``name`` is unique on a page."""
    return element(
        "svg",
        element("title", escape(title), id=f"{name}-title"),
        element("desc", escape(summary), id=f"{name}-desc"),
        element("g", *drawn, aria_hidden="true"),
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        xmlns="http://www.w3.org/2000/svg",
    )


def with_style(svg: str, style: str) -> str:
    """Return a picture that brings its own looks, for a file that no page surrounds."""
    opening, bracket, rest = svg.partition(">")
    return f"{opening}{bracket}{element('style', escape(style))}{rest}"
