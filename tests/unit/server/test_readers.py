"""Process groups are told apart by numbers of our own."""

from rmosh_server.shell.foreground import REMEMBERED_GROUPS, Readers


def noted(*groups: int) -> list[tuple[int, int]]:
    readers, seen = Readers(leader=4711), []
    for group in groups:
        readers.note(group)
        seen.append((readers.number, readers.switches))
    return seen


def test_groups_are_numbered_as_they_come_and_known_again() -> None:
    assert noted(4711, 4711, 4720, 4711, 4730) == [(0, 0), (0, 0), (1, 1), (0, 2), (2, 3)]


def test_a_group_is_known_again_though_many_jobs_came_between() -> None:
    jobs = [job for number in range(2 * REMEMBERED_GROUPS) for job in (5000 + number, 4711)]
    assert noted(4711, *jobs)[-1] == (0, 4 * REMEMBERED_GROUPS)


def test_a_forgotten_group_gets_a_number_that_was_never_given() -> None:
    groups = range(5000, 5000 + REMEMBERED_GROUPS + 1)
    seen = noted(*groups, 5000)
    assert [number for number, _ in seen] == list(range(1, REMEMBERED_GROUPS + 3))
