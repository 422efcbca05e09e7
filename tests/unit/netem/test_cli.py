"""Every mistake on rmosh-netem's command line is answered by one line with the remedy."""

import io
import os
from pathlib import Path
from typing import NoReturn

import pytest
from _pytest.capture import CaptureFixture, CaptureResult

from rmosh_netem import cli
from rmosh_netem.addresses import Address
from rmosh_netem.bench.tools import installed_tools
from rmosh_netem.errors import EXIT_FAILED, EXIT_USAGE, Unavailable
from rmosh_netem.lab import cli as lab_cli
from rmosh_netem.lab.namespaces import Namespace, Owner
from rmosh_netem.relay import Relay


def run(capsys: CaptureFixture[str], *arguments: str) -> tuple[int, CaptureResult[str]]:
    status = cli.main(arguments)
    return status, capsys.readouterr()


def test_profiles_are_listed_with_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = run(capsys, "profiles")
    assert status == 0
    assert "satellite" in said.out and "RTT 600 ms" in said.out
    assert "source" not in said.out


def test_sources_are_told_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert "USENIX" in run(capsys, "profiles", "--sources")[1].out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["relay", "--listen", "0", "--to", "9", "mars"], "no profile 'mars': choose from"),
        (["relay", "--listen", "0", "--to", "9", "lan", "loss=130%"], "at most 100%"),
        (["relay", "--listen", "port", "--to", "9", "lan"], "'port' is not an address"),
        (["relay", "--listen", "0", "--to", "99999", "lan"], "not an address"),
        (["relay", "--listen", "0", "--to", "nohost.invalid:22", "lan"], "cannot find nohost.invalid"),
        (["relay", "--listen", "0", "--to", "9", "lan", "loss=1"], "such as 5%"),
        (
            ["relay", "--listen", "203.0.113.1:0", "--to", "9", "lan"],
            "cannot bind TCP 203.0.113.1:0: Cannot assign requested address: choose an address of",
        ),
        (
            ["relay", "--listen", "0", "--to", "9", "lan", "colour=red"],
            "of the whole link nat_timeout, udp_blocked, udp_",
        ),
        (["bench", "--profiles", "mars"], "no profile 'mars': choose from"),
        (["bench", "--tools", "telnet"], "no tool 'telnet': choose from ssh, mosh, rmosh, ssh-bbr"),
        (["bench", "--workloads", "waltz"], "no workload 'waltz': choose from key"),
        (["relay", "wfi", "--", "rmosh", "box"], "no profile 'wfi', did you mean wifi?"),
        (["bench", "--profiles", "train,satelite"], "no profile 'satelite', did you mean satellite?"),
        (["bench", "--workloads", "flod"], "no workload 'flod', did you mean flood?"),
        (["bench", "--keys", "0"], "--keys"),
        (["bench", "--profiles", ","], "names no profile"),
        (["--profile-file", "/nowhere.toml", "profiles"], "from /nowhere.toml: no such file or directory"),
        (["--profile-file", "/", "profiles"], "cannot read profiles from /: is a directory"),
    ],
)
def test_a_mistake_is_one_line_with_the_remedy(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    status, said = run(capsys, *arguments)
    assert status == EXIT_FAILED
    assert words in said.err
    assert said.err.startswith("rmosh-netem: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("action", ["relay", "lab", "shell"])
def test_only_the_profile_is_missing_where_nothing_is_said(capsys: pytest.CaptureFixture[str], action: str) -> None:
    with pytest.raises(SystemExit):
        run(capsys, action)
    told = capsys.readouterr().err
    assert "PROFILE" in told
    assert "NAME=VALUE" not in told


@pytest.mark.parametrize(
    ("tool", "words"), [("mosh", "mosh is not installed: install it, or leave it out with --tools")]
)
def test_a_missing_tool_is_named_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tool: str, words: str
) -> None:
    pytest.importorskip("rich", reason="a bench prints tables with rich (pip install '.[netem]')")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    status, said = run(capsys, "bench", "--tools", tool, "--profiles", "lan")
    assert status == EXIT_FAILED
    assert words in said.err
    assert list(tmp_path.iterdir()) == []


def test_without_a_choice_of_tools_those_that_are_installed_are_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\necho OpenSSH_9.9 >&2\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []
    assert "ssh" in [tool.name for tool in installed_tools(said.append)]
    assert any(line.startswith("without mosh: mosh is not installed") for line in said)


def test_a_relay_that_may_have_any_port_tries_others_where_one_protocol_has_it_taken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    class Busy(Relay):
        def forward_udp(self, *, listen: Address, to: Address) -> Address:
            tried.append(listen.port)
            if len(tried) < 3:
                raise Unavailable(f"cannot bind UDP {listen}: Address already in use")
            return super().forward_udp(listen=listen, to=to)

    monkeypatch.setattr(cli, "Relay", Busy)
    monkeypatch.setattr("sys.stdin", io.StringIO("quit\n"))
    status, said = run(capsys, "relay", "--listen", "0", "--to", "9", "lan")
    assert (status, len(tried)) == (0, 3)
    assert f"127.0.0.1:{tried[-1]}" in said.out


@pytest.mark.parametrize(
    ("words", "said", "meant"),
    [
        ("relya", "no action relya", "relay"),
        ("--verson", "no option --verson", "--version"),
        ("relay --lsten 3 wifi", "no option --lsten", "--listen"),
        ("relay --lsten", "no option --lsten", "--listen"),
        ("relay --tcp-onyl --listen", "no option --tcp-onyl", "--tcp-only"),
        ("--profile-file x bench --drver lab", "no option --drver", "--driver"),
        ("bench --driver lba", "'lba' is none of relay, lab", "lab"),
        ("report --goal x", "no option --goal", "--goals"),
        ("shell wifi --ssh", "no option --ssh", "--sshd"),
        ("udp offf", "'offf' is none of on, off", "off"),
        ("sweep --al", "no option --al", "--help lists"),
        ("lab wifi -s", "no option -s", "--help lists"),
    ],
)
def test_a_word_that_means_nothing_is_named_alone_with_the_nearest(
    capsys: pytest.CaptureFixture[str], words: str, said: str, meant: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(words.split())
    assert caught.value.code == EXIT_USAGE
    told = capsys.readouterr().err
    assert told.startswith("rmosh-netem: ")
    assert said in told
    assert meant in told
    assert told.count("\n") == 2


def test_without_a_word_examples_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = run(capsys)
    assert status == EXIT_USAGE
    assert "rmosh-netem relay wifi -- rmosh host" in said.err
    assert max(map(len, said.err.splitlines())) <= 80


@pytest.mark.parametrize("words", ["enter client ls --colour -x", "shell wifi --run ls --colour"])
def test_what_a_shell_shall_run_keeps_its_own_options(words: str) -> None:
    assert cli.build_parser().parse_words(words.split()).command[-2 if "-x" in words else -1 :][0] == "--colour"


ACTIONS = ["", "profiles", "relay", "bench", "report", "lab", "shell", "enter", "set", "validate"]


@pytest.mark.parametrize("action", ACTIONS)
def test_help_fits_a_terminal_of_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main([*filter(None, [action]), "--help"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "lab", "command"),
    [
        (["--lab", "42"], 42, []),
        (["--lab=42", "ping", "--lab", "x"], 42, ["ping", "--lab", "x"]),
        (["--lab", "42", "sh", "-c", "true"], 42, ["sh", "-c", "true"]),
        (["top", "--lab", "1"], None, ["top", "--lab", "1"]),
        ([], None, []),
    ],
)
def test_a_laboratory_may_be_chosen_behind_the_side_that_is_entered(
    monkeypatch: pytest.MonkeyPatch, words: list[str], lab: int | None, command: list[str]
) -> None:
    entered = []
    monkeypatch.setattr(lab_cli, "require_root", lambda: None)
    monkeypatch.setattr(lab_cli, "running_lab", lambda pid: Owner(pid or 7, 1))
    monkeypatch.setattr(lab_cli, "users_shell", lambda: "/bin/sh")
    monkeypatch.setattr(Namespace, "command", lambda namespace, words: [namespace.name, *words])

    def become(program: str, words: list[str]) -> NoReturn:
        entered.extend(words)
        raise SystemExit

    monkeypatch.setattr(os, "execvp", become)
    with pytest.raises(SystemExit):
        cli.main(["enter", "client", *words])
    assert entered == [f"rmosh-{lab or 7}-1-client", *(command or ["/bin/sh"])]


def test_a_laboratory_that_is_no_number_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab_cli, "require_root", lambda: None)
    assert cli.main(["enter", "client", "--lab", "x"]) == EXIT_FAILED
    assert "--lab x is not a process" in capsys.readouterr().err
