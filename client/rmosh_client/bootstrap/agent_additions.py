"""Gives keys that a login has used to the agent, so that no passphrase is asked twice: AddKeysToAgent.

Source: ssh_config(5), AddKeysToAgent.
"""

from collections.abc import Callable

from rmosh_client.bootstrap.file_keys import FileKey, OpenKey
from rmosh_client.bootstrap.identities import Identities
from rmosh_client.bootstrap.prompts import Prompts
from rmosh_client.bootstrap.settings import AgentRule


async def add_used_keys(
    identities: Identities,
    rule: AgentRule | None,
    *,
    by_key: bool,
    prompts: Prompts,
    say: Callable[[str], None],
) -> None:
    """Add those that the host took; an agent that takes none is told of.

    Args:
        by_key: the login needed nothing else after the keys.
    """
    if rule is None or identities.agent is None:
        return
    used = [(pair, pair.used) for pair in identities.pairs if isinstance(pair, FileKey) and pair.used is not None]
    # An open key signs before the host has said that it takes it; only the last one can be the one that it took.
    for number, (pair, private) in enumerate(used, 1):
        if isinstance(pair, OpenKey) and not (by_key and number == len(used)):
            continue
        if rule.asks and not _is_wanted(pair, prompts):
            continue
        try:
            await identities.agent.add_keys([private], lifetime=rule.lifetime or None, confirm=rule.confirms)
        except ValueError as error:
            say(f"rmosh: the agent does not take the key {pair.file}: {error}")


def _is_wanted(pair: FileKey, prompts: Prompts) -> bool:
    answer = prompts.ask(f"Add the key {pair.file} to the agent (yes/no)? ", echo=True)
    return answer is not None and answer.strip().lower() in ("y", "yes")
