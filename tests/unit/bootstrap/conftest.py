"""Nobody's own habits count in the tests: no file of theirs, no variable."""

from pathlib import Path

import pytest

from rmosh_client.command.preferences import PREFERENCES


@pytest.fixture(autouse=True)
def no_habits(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a configuration may be put."""
    for preference in PREFERENCES.values():
        monkeypatch.delenv(preference.variable, raising=False)
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder
