import os
import pwd
import shutil
from pathlib import Path

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap import openssh_config
from rmosh_client.bootstrap.display_access import DisplayWish
from rmosh_client.bootstrap.names import jump_destination
from rmosh_client.bootstrap.openssh_config import parse_evaluated, read_settings
from rmosh_client.bootstrap.option_table import OptionTable
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.route import plan_hops
from rmosh_client.bootstrap.settings import AgentRule, HostKeyPolicy, SshSettings, settings_from
from rmosh_client.bootstrap.uncarried import told


def settings(*lines: str, environ: dict[str, str] | None = None) -> SshSettings:
    return settings_from(parse_evaluated("\n".join(lines)), alias="alias", environ=environ or {})


def test_known_name_is_what_known_hosts_has() -> None:
    assert settings("hostname Box").known_name == "box"
    assert settings("hostname box", "port 2222").known_name == "[box]:2222"
    assert settings("hostname box", "port 2222", "hostkeyalias Other").known_name == "other"


def test_tokens_and_home_are_expanded_in_file_names() -> None:
    read = settings("hostname box", "user me", "port 22", "identityfile ${KEYS}/%r@%h:%p%%", environ={"KEYS": "/k"})
    assert read.identity_files == ("/k/me@box:22%",)
    assert not settings("identityfile ~/.ssh/id").identity_files[0].startswith("~")


def test_a_value_is_expanded_once() -> None:
    # OpenSSH 9.2: `ssh -G` expands some itself; what a variable holds is never expanded.
    read = settings("remotecommand echo %h", "userknownhostsfile /k/%h", "identityagent /a/%h")
    assert (read.remote_command, read.user_known_hosts, read.agent) == ("echo %h", ("/k/%h",), "/a/%h")
    read = settings("hostname box", "identityfile ${K}", environ={"K": "/k/%h/${K}"})
    assert read.identity_files == ("/k/%h/${K}",)


def test_a_variable_that_is_not_set_is_told() -> None:
    # OpenSSH 9.2 and 10.6: "env var ${K} has no value".
    with pytest.raises(BootstrapError, match=r"uses \$\{K\}, which is not set"):
        settings("identityfile ${K}/id")


def test_of_the_global_known_hosts_only_the_home_is_expanded() -> None:
    # OpenSSH 9.2 and 10.6; `ssh -G` leaves it as it is.
    home = pwd.getpwuid(os.getuid()).pw_dir
    read = settings("globalknownhostsfile ~/a b /c/%h", "controlpath /0")
    assert read.global_known_hosts == (f"{home}/a b", "/c/%h")


@pytest.mark.parametrize(
    ("lines", "methods"),
    [
        (("preferredauthentications hostbased",), set()),
        (("preferredauthentications password,publickey", "pubkeyauthentication no"), {"password"}),
        (("pubkeyauthentication unbound", "gssapiauthentication no", "passwordauthentication no"),
         {"publickey", "keyboard-interactive"}),
    ],
)  # fmt: skip
def test_only_methods_that_are_preferred_and_not_switched_off_are_tried(
    lines: tuple[str, ...], methods: set[str]
) -> None:
    assert settings(*lines).methods == methods


def test_an_ssh_that_expands_nothing_is_known_by_an_option_of_ours() -> None:
    read = settings("hostname box", "controlpath /%C", "remotecommand echo %h", "userknownhostsfile /%C")
    assert read.remote_command == "echo box"
    assert len(read.user_known_hosts[0]) == len("/") + 40


def test_a_reader_that_expands_nothing_has_all_expanded_here() -> None:
    values = {
        "hostname": ["box"],
        "remotecommand": ["echo %h %%h"],
        "userknownhostsfile": ["/k/%h ~/k"],
        "identityagent": ["${A}/%h"],
    }
    read = settings_from(OptionTable(values), alias="alias", environ={"A": "/a"})
    assert (read.remote_command, read.agent) == ("echo box %h", "/a/box")
    assert read.user_known_hosts == ("/k/box", f"{pwd.getpwuid(os.getuid()).pw_dir}/k")


def test_file_names_keep_their_blanks() -> None:
    read = settings("userknownhostsfile /a b/known hosts /c", "globalknownhostsfile one two", "identityfile /i d")
    assert read.user_known_hosts == ("/a b/known hosts", "/c")
    assert read.global_known_hosts == ("one", "two")
    assert read.identity_files == ("/i d",)


def test_homes_of_others_are_known_and_unknown_ones_a_mistake() -> None:
    root = pwd.getpwnam("root").pw_dir
    assert settings("identityfile ~root/k", "certificatefile ~root/c").identity_files == (f"{root}/k",)
    with pytest.raises(BootstrapError, match="nobody-of-that-name"):
        settings("identityfile ~nobody-of-that-name/k")


def test_tokens_for_the_key_alias_the_jump_and_the_connection() -> None:
    # %j since OpenSSH 9.6; %C is ssh's own, as the jump counts in it since then.
    lines = ("hostname box", "proxyjump a,me@gate:2222", "controlpath /0123abc", "identityfile /%k/%j/%C")
    assert settings(*lines).identity_files == ("/alias/gate/0123abc",)
    assert settings("hostkeyalias other", "controlpath /x", "identityfile /%k-%j").identity_files == ("/other-",)


def test_unknown_token_is_a_mistake() -> None:
    with pytest.raises(BootstrapError, match="%Z"):
        settings("identityfile %Z")


@pytest.mark.parametrize(
    ("lines", "agent"),
    [
        ((), "/default"),
        (("identityagent SSH_AUTH_SOCK",), "/default"),
        (("identityagent none",), ""),
        (("identityagent $OTHER",), "/other"),
        (("identityagent /a/socket",), "/a/socket"),
    ],
)
def test_agent_is_the_one_that_the_settings_name(lines: tuple[str, ...], agent: str) -> None:
    assert settings(*lines, environ={"SSH_AUTH_SOCK": "/default", "OTHER": "/other"}).agent == agent


@pytest.mark.parametrize(
    ("lines", "agent"),
    [
        # OpenSSH 9.2.
        ((), None), (("forwardagent no",), None), (("forwardagent yes",), "/default"),
        (("forwardagent $OTHER",), "/other"),
        (("forwardagent $UNSET",), ""), (("forwardagent /a/%h",), "/a/%h"),
        (("forwardagent yes", "identityagent /mine"), "/mine"), (("forwardagent yes", "identityagent none"), ""),
    ],
)  # fmt: skip
def test_the_forwarded_agent_is_the_login_s_or_one_that_is_named(lines: tuple[str, ...], agent: str | None) -> None:
    assert settings(*lines, environ={"SSH_AUTH_SOCK": "/default", "OTHER": "/other"}).forwarded_agent == agent


def test_x11_is_forwarded_only_where_that_is_asked_for() -> None:
    # OpenSSH 9.2.
    assert settings("forwardx11trusted yes").display is None
    assert settings("forwardx11 yes").display == DisplayWish(trusted=False, lasts=1200, xauth="/usr/bin/xauth")
    asked = settings("forwardx11 yes", "forwardx11trusted yes", "forwardx11timeout 0", "xauthlocation /opt/xauth")
    assert asked.display == DisplayWish(trusted=True, lasts=0, xauth="/opt/xauth")


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("false", None),
        ("no", None),
        ("true", AgentRule(asks=False, confirms=False, lifetime=0)),
        ("ask", AgentRule(asks=True, confirms=False, lifetime=0)),
        ("confirm 1h30m", AgentRule(asks=False, confirms=True, lifetime=5400)),
        ("3600", AgentRule(asks=False, confirms=False, lifetime=3600)),
    ],
)
def test_keys_are_added_to_the_agent_as_ssh_has_it(value: str, rule: AgentRule | None) -> None:
    # ssh_config(5) of OpenSSH 9.2, and how its `ssh -G` prints the values.
    assert settings(f"addkeystoagent {value}").agent_rule == rule
    assert settings().agent_rule is None


def test_environment_has_what_is_sent_and_what_is_set_the_locale_like_all_the_rest() -> None:
    environ = {"LANG": "de_DE.UTF-8", "LC_TIME": "C", "PROJECT": "x", "SECRET": "y"}
    read = settings("sendenv PROJ* OTHER", "setenv A=b=c d", environ=environ)
    assert read.environment == {"PROJECT": "x", "A": "b=c d"}
    assert settings("sendenv LANG LC_*", environ=environ).environment == {"LANG": "de_DE.UTF-8", "LC_TIME": "C"}


def test_host_key_policies_have_sshs_names() -> None:
    names = {"ask": "ASK", "true": "REFUSE", "yes": "REFUSE", "accept-new": "ACCEPT_NEW", "no": "ACCEPT_ALL"}
    for name, policy in names.items():
        assert settings(f"stricthostkeychecking {name}").host_key_policy is HostKeyPolicy[policy]


@pytest.mark.parametrize("line", ["port many", "addressfamily ipx", "stricthostkeychecking perhaps"])
def test_values_without_a_meaning_are_mistakes(line: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        settings(line)
    assert caught.value.stage is Stage.USAGE


def test_revoked_host_keys_file_is_refused_rather_than_ignored() -> None:
    with pytest.raises(BootstrapError, match="RevokedHostKeys"):
        settings("revokedhostkeys /etc/ssh/revoked")


def test_an_interface_to_keep_to_is_refused_rather_than_ignored() -> None:
    with pytest.raises(BootstrapError, match="BindInterface is set to wg0"):
        settings("bindinterface wg0")
    assert settings("bindinterface none").host == settings().host


def test_a_command_of_known_hosts_is_read_as_words_before_anything_is_expanded() -> None:
    read = settings("hostname a%20b", "knownhostscommand /bin/list --for %h '%H %%' %k", "hostkeyalias Other")
    assert read.known_hosts_command == ("/bin/list", "--for", "a%%20b", "%H %%", "other")
    with pytest.raises(BootstrapError, match="absolute"):
        settings("knownhostscommand list %H")
    with pytest.raises(BootstrapError, match="means nothing"):
        settings("knownhostscommand /bin/list 'open")


def test_host_certificates_may_be_signed_as_openssh_has_it_unless_the_settings_say_otherwise() -> None:
    assert "ssh-rsa" not in settings().algorithms["certificate"]
    assert settings("casignaturealgorithms ssh-rsa,x").algorithms["certificate"] == ("ssh-rsa", "x")


@pytest.mark.parametrize("destination", ["", "me@", "-oProxyCommand=x", "me@-oProxyCommand=x"])
def test_what_is_not_a_host_never_reaches_ssh(destination: str) -> None:
    with pytest.raises(BootstrapError, match="not a host"):
        read_settings(destination, options=(), config_file="none", environ={})


@pytest.mark.parametrize(
    ("jump", "destination", "options"),
    [
        ("gate", "gate", ()),
        ("me@gate:2222", "me@gate", ("Port=2222",)),
        ("ssh://me@gate:2222", "me@gate", ("Port=2222",)),
        ("[2001:db8::1]:2222", "2001:db8::1", ("Port=2222",)),
        ("me@[2001:db8::1]", "me@2001:db8::1", ()),
    ],
)
def test_jump_destinations_are_read(jump: str, destination: str, options: tuple[str, ...]) -> None:
    assert jump_destination(jump) == (destination, options)


def write_config(tmp_path: Path, text: str) -> str:
    file = tmp_path / "config"
    file.write_text(text)
    return str(file)


def test_the_first_jump_may_have_a_jump_of_its_own(tmp_path: Path) -> None:
    config = write_config(tmp_path, "Host target\n ProxyJump inner,last\nHost inner\n ProxyJump outer\n")
    hops = plan_hops(Request("target", config_file=config), {})
    assert [hop.alias for hop in hops] == ["outer", "inner", "last", "target"]


def test_jumps_in_a_circle_are_noticed(tmp_path: Path) -> None:
    config = write_config(tmp_path, "Host a\n ProxyJump b\nHost b\n ProxyJump a\n")
    with pytest.raises(BootstrapError, match="more than 16 hops"):
        plan_hops(Request("a", config_file=config), {})


@pytest.mark.skipif(shutil.which("ssh") is None, reason="only ssh itself reads Match")
def test_a_match_sees_the_command_and_is_waited_for(tmp_path: Path) -> None:
    config = write_config(
        tmp_path,
        'Host box\n RemoteCommand htop\nMatch exec "sleep 0.1; true"\n Port 2200\nMatch exec "test %r = me"\n Port 1\n',
    )
    read = read_settings("me@box", options=(), config_file=config, environ={}, command=("uname", "-a"))
    assert (read.remote_command, read.port) == ("", 2200)


def test_both_readers_of_a_configuration_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write_config(
        tmp_path,
        "Host box\n HostName %h.example.org\n Port 2222\n User me\n IdentityFile /k/%h\n IdentitiesOnly yes\n"
        " UserKnownHostsFile /a /b\n GlobalKnownHostsFile /c\n StrictHostKeyChecking accept-new\n"
        " AddressFamily inet6\n ConnectTimeout 7\n ProxyCommand nc %h %p\n SendEnv A*\n SetEnv B=c\n"
        " HashKnownHosts yes\n PasswordAuthentication no\n CertificateFile /cert\n BatchMode yes\n"
        " KnownHostsCommand /bin/echo '%H x' %n\n VerifyHostKeyDNS yes\n RequiredRSASize 3072\n"
        " NoHostAuthenticationForLocalhost yes\n AddKeysToAgent confirm 90\n"
        " LocalForward 8080 localhost:80\n DynamicForward 1080\n RemoteForward 9000 x:1\n"
        " ForwardAgent yes\n"
        " ForwardX11 yes\n ForwardX11Trusted no\n ForwardX11Timeout 1h\n XAuthLocation /x\n"
        " PermitLocalCommand yes\n LocalCommand echo a b\n RequestTTY no\n",
    )
    options = ("NumberOfPasswordPrompts=2",)

    def read() -> SshSettings:
        return read_settings("box", options=options, config_file=config, environ={"A1": "x", "LANG": "C"})

    by_ssh = read()
    assert len(by_ssh.uncarried) == 1
    assert by_ssh.forwarding.local == ("8080:localhost:80",)
    monkeypatch.setattr(openssh_config, "_ask_ssh", lambda *_: (_ for _ in ()).throw(FileNotFoundError()))
    by_ourselves = read()
    differing = {"algorithms", "methods"}
    for name in by_ssh.__slots__:
        if name not in differing:
            assert getattr(by_ourselves, name) == getattr(by_ssh, name), name


@pytest.mark.skipif(shutil.which("ssh") is None, reason="what ssh -G itself prints is what counts")
@pytest.mark.parametrize(
    ("asked", "named"),
    [
        # OpenSSH 9.2.
        ("", ()), ("LocalForward 8080 localhost:80", ()), ("ForwardAgent yes", ()),
        ("ForwardX11 yes\nForwardX11Trusted yes", ()),
        ("LocalCommand echo a b", ()), ("PermitLocalCommand yes", ()),
        ("PermitLocalCommand yes\nLocalCommand echo a b", ("LocalCommand",)), ("Tunnel yes", ("Tunnel",)),
        ("Tunnel no", ()), ("RequestTTY no", ()), ("RequestTTY force", ()),
        ("SessionType none", ()), ("SessionType default", ()), ("StdinNull yes", ()),
        ("ForkAfterAuthentication yes", ("ForkAfterAuthentication",)), ("PKCS11Provider /p.so", ("PKCS11Provider",)),
        ("ControlMaster auto\nCompression yes", ()),
        ("EscapeChar ^a", ("EscapeChar",)), ("EscapeChar none", ("EscapeChar",)), ("EscapeChar ~", ()),
        ("VisualHostKey yes", ("VisualHostKey",)), ("HostbasedAuthentication yes", ("HostbasedAuthentication",)),
        ("GSSAPIDelegateCredentials yes", ("GSSAPIDelegateCredentials",)),
    ],
)  # fmt: skip
def test_what_a_session_here_has_not_is_known_by_name(asked: str, named: tuple[str, ...], tmp_path: Path) -> None:
    config = write_config(tmp_path, f"Host box\n{asked}\n")
    command = ("ls",) if "Fork" in asked else ()  # ssh takes no background without one
    settings = read_settings("box", options=(), config_file=config, environ={}, command=command)
    assert settings.uncarried == named
    assert told(named) == "" if not named else named[0] in told(named)
    assert told(("ForkAfterAuthentication", "Tunnel"), is_tunnel=True).endswith("does not do: Tunnel")
