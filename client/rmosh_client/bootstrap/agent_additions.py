"""Gives keys that the user has opened to the agent, so that no passphrase is asked twice: AddKeysToAgent.

Source: ssh_config(5), AddKeysToAgent.
"""

from collections.abc import Callable

from .identities import Identities, LockedKey
from .prompts import Prompts
from .settings import AgentRule


async def add_opened_keys(
    identities: Identities, rule: AgentRule | None, *, prompts: Prompts, say: Callable[[str], None]
) -> None:
    """Add what a login has opened; an agent that takes no key is told of."""
    if rule is None or identities.agent is None:
        return
    for pair in identities.pairs:
        if not isinstance(pair, LockedKey) or pair.opened is None:
            continue
        if rule.asks and not _is_wanted(pair, prompts):
            continue
        try:
            await identities.agent.add_keys([pair.opened], lifetime=rule.lifetime or None, confirm=rule.confirms)
        except ValueError as error:
            say(f"rmosh: the agent does not take the key {pair.file}: {error}")


def _is_wanted(pair: LockedKey, prompts: Prompts) -> bool:
    answer = prompts.ask(f"Add the key {pair.file} to the agent (yes/no)? ", echo=True)
    return answer is not None and answer.strip().lower() in ("y", "yes")
