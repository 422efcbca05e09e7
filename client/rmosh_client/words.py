"""Numbers of things and spans of time in words."""


def lines_in_words(count: int) -> str:
    """Return "1 line", or "12,345 lines"."""
    return "1 line" if count == 1 else f"{count:,} lines"


def duration(seconds: float) -> str:
    """Return a span of time as people say it: "12 s", "3 min", "2 h 5 min", "15 d 2 h"."""
    whole = int(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
