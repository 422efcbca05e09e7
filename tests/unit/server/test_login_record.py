"""Where the helper that writes the entry for `who` is looked for."""

from pathlib import Path

import pytest

from rmosh_server.shell import login_record


def test_the_helper_is_found_in_the_libraries_folder_of_any_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_record, "_HELPERS", ())
    monkeypatch.setattr(login_record, "_LIBRARIES", str(tmp_path / "lib"))
    assert login_record.helper() is None
    (tmp_path / "lib" / "python3").mkdir(parents=True)
    helper = tmp_path / "lib" / "riscv64-linux-gnu" / "utempter" / "utempter"
    helper.parent.mkdir(parents=True)
    helper.touch()
    assert login_record.helper() == str(helper)
