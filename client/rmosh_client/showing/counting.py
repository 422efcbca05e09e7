"""Numbers of things in words."""


def lines_in_words(count: int) -> str:
    """Return "1 line", or "12,345 lines"."""
    return "1 line" if count == 1 else f"{count:,} lines"
