"""The library of cryptography that this process uses: pynacl's, else the system's libsodium, else its libcrypto."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Final, TypeAlias

from rmosh.errors import BootstrapError, Stage
from rmosh.transport.known_answers import wrong_answer
from rmosh.transport.primitives import Primitives

#: A library's name, and what makes its primitives; that raises AttributeError, ImportError, OSError or ValueError.
Candidate: TypeAlias = tuple[str, Callable[[], Primitives]]


def choose() -> Primitives:
    """Return the first library that is there and answers as published.

    Raises:
        BootstrapError: none does; tells what was wrong with each.
    """
    try:
        from rmosh.transport import sodium

        return sodium.choose(sodium.private_module)
    except ImportError:
        return choose_of_system()


def choose_of_system(candidates: Iterable[Candidate] | None = None) -> Primitives:
    """Return the first of the system's libraries that answers as published.

    Raises:
        BootstrapError: none does; tells what was wrong with each.
    """
    reasons = []
    for name, make in _candidates() if candidates is None else candidates:
        try:
            primitives = make()
            reason = wrong_answer(primitives)
        except (AttributeError, ImportError, OSError, ValueError) as error:
            reason = str(error)
        if not reason:
            return primitives
        reasons.append(f"{name}: {reason}")
    raise BootstrapError(
        Stage.SERVER_FAILED,
        f"no library for its encryption: {'; '.join(reasons) or 'neither libsodium nor libcrypto can be loaded'}",
        hint="install libsodium (package libsodium23 or libsodium), or PyNaCl (python3-nacl)",
    )


def _candidates() -> Iterator[Candidate]:
    try:
        from rmosh.transport.libcrypto import LibCrypto
        from rmosh.transport.libsodium import LibSodium
        from rmosh.transport.shared_libraries import LIBCRYPTO, LIBSODIUM, linked_libcrypto, opened
    except ImportError:
        return
    for name, library in opened(LIBSODIUM):
        yield name, partial(LibSodium, library)
    for name, library in chain(opened(LIBCRYPTO), linked_libcrypto()):
        yield name, partial(LibCrypto, library)


#: What this process uses.
PRIMITIVES: Final = choose()
