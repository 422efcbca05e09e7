"""What a tunnel says of its link."""

from dataclasses import replace

from rmosh_client.tunnel.link_news import SAY_AFTER, LinkNews
from tests.unit.client_ui.client_ui_status import HEALTHY


def test_a_long_silence_is_a_line_and_so_is_its_end() -> None:
    said: list[str] = []
    news = LinkNews("box", said.append)
    for silence in (0.0, SAY_AFTER - 1, SAY_AFTER, 90.0, 0.0, 0.0):
        news.look(replace(HEALTHY, silence=silence))
    assert said == [
        "rmosh: box: nothing heard for 15 s, still trying",
        "rmosh: box: in contact again after 90 s",
    ]


def test_it_is_said_what_is_known_and_done() -> None:
    said: list[str] = []
    news = LinkNews("box", said.append)
    news.why_no_udp, news.attempt = "is refused", "logging in again"
    news.look(replace(HEALTHY, unheard=SAY_AFTER))
    assert said == ["rmosh: box: nothing heard for 15 s, UDP is refused; logging in again"]


def test_nothing_is_said_where_nobody_reads_it() -> None:
    LinkNews("box", None).look(replace(HEALTHY, silence=1000.0))
