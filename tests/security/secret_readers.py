"""Programs that ask for a secret: as many ways of reading one as there are."""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: A Python and a folder of node modules that have more readers than this one's.
PYTHON: Final = os.environ.get("READERS_PYTHON", sys.executable)
NODE_PATH: Final = os.environ.get("READERS_NODE_PATH", "")


@dataclass(frozen=True)
class Reader:
    """Something that asks for a secret.

    Attributes:
        script: a shell script that asks; or what is typed at the shell's own prompt, if `typed`.
        asks: what is on the screen, up to the cursor, once it asks; "" where nothing shows.
        before: what is typed, and echoed, before the secret, each after `asks` of its own: (asks, keys).
        tries: how often it asks when the secret is wrong.
        needs: a program, "python:module" or "node:module" that must be installed.
    """

    name: str
    script: str
    asks: str = ""
    before: Sequence[tuple[str, str]] = ()
    tries: int = 1
    needs: str = "sh"
    typed: bool = False

    @property
    def installed(self) -> bool:
        return _installed(self.needs)


@lru_cache
def _installed(needs: str) -> bool:
    kind, _, module = needs.partition(":")
    if kind == "python" and module:
        return subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0
    if kind == "node" and module:
        return os.path.isdir(os.path.join(NODE_PATH, module)) if NODE_PATH else False
    return shutil.which(needs) is not None


def _python(source: str) -> str:
    return f"cat >.program.py <<'END'\n{textwrap.dedent(source).strip()}\nEND\n{PYTHON} .program.py"


def _node(source: str) -> str:
    code = textwrap.dedent(source).strip()
    return f"cat >.program.js <<'END'\n{code}\nEND\nNODE_PATH={NODE_PATH} node .program.js"


#: What line editors do: raw mode, bracketed paste, fields that echo, then one with a sign of their own for each letter.
_RAW: Final = r"""
import os, termios, tty
old = termios.tcgetattr(0); tty.setraw(0)
for field in range(FIELDS + 1):
    os.write(1, b"\x1b[?2004h" * PASTE + PROMPT.encode())
    while (c := os.read(0, 1)) not in (b"\r", b"\x03"): os.write(1, c if field < FIELDS else MASK.encode())
    os.write(1, b"\x1b[?2004l" * PASTE + b"\r\n")
termios.tcsetattr(0, termios.TCSADRAIN, old)
"""

#: A full-screen form of two fields, the first of which echoes.
_FORM: Final = r"""
import os, termios, tty
old = termios.tcgetattr(0); tty.setraw(0)
os.write(1, f"\x1b[?1049h\x1b[2J\x1b[3;3H{NAMES[0]}\x1b[5;3H{NAMES[1]}".encode())
for row, name in zip((3, 5), NAMES):
    os.write(1, f"\x1b[{row};{3 + len(name)}H".encode())
    while (c := os.read(0, 1)) not in (b"\t", b"\r", b"\x03"): os.write(1, c if row == 3 else b"")
os.write(1, b"\x1b[?1049l")
termios.tcsetattr(0, termios.TCSADRAIN, old)
"""


def _raw(prompt: str, mask: str, *, fields: int = 0, pasting: bool = True) -> str:
    return _python(f"PROMPT, MASK, FIELDS, PASTE = {prompt!r}, {mask!r}, {fields}, {pasting}\n{_RAW.strip()}")


def _form(login: str, key: str) -> str:
    return _python(f"NAMES = {login!r}, {key!r}\n{_FORM.strip()}")


#: Readers that need nothing but a shell and Python, or what a small machine has: they run in CI.
PLAIN: Final = (
    Reader("bash read -s", "read -s x", typed=True),
    Reader("bash read -sp", "read -sp 'Unlock> ' x", "Unlock> ", typed=True),
    Reader("bash read -s behind another command", "cd .; read -s x", typed=True),
    Reader("name, then key, without a word", "read u; stty -echo; read k; stty echo", before=[("", "ada\r")]),
    Reader("echo off after the prompt", "printf 'Hasło: '; sleep 0.02; stty -echo; read x; stty echo", "Hasło: "),
    Reader(
        "sorry, try again",
        "stty -echo; for i in 1 2 3; do printf '[sudo] lösenord för alice: '; read x; echo; echo No; done; stty echo",
        "för alice: ",
        tries=3,
    ),
    Reader("slow to ask", "sleep 0.3; stty -echo; printf 'パスワード: '; read x; stty echo", "パスワード: "),
    Reader("getpass", _python("import getpass; getpass.getpass('Clé ? ')"), "Clé ? "),
    Reader("stars in a line editor", _raw("> ", "*"), "> "),
    Reader("dots in a line editor", _raw("> ", "•"), "> "),
    Reader("nothing in a line editor", _raw("> ", ""), "> "),
    Reader("no prompt in a line editor", _raw("", "")),
    Reader("name and key at one prompt", _raw("> ", "*", fields=1), "> ", before=[("> ", "ada\r")]),
    Reader("two names and a key at one prompt", _raw("> ", "•", fields=2), "> ", before=[("> ", "ada\r")] * 2),
    Reader("raw, without bracketed paste", _raw("key? ", "", pasting=False), "key? "),
    Reader("form, Enter", _form("Login: ", "key: "), "", before=[("Login: ", "ada\r")]),
    Reader("form, Tab", _form("Login: ", "key: "), "", before=[("Login: ", "ada\t")]),
    Reader("form without labels", _form("", ""), "", before=[("", "ada\t")]),
    Reader(
        "prompt on the row that echoed",
        "printf 'Name: '; read n; printf '\\033[A\\r\\033[KName: '; stty -echo; read x; stty echo",
        "Name: ",
        before=[("Name: ", "ada\r")],
    ),
    Reader(
        "curses form",
        _python("""
            import curses
            def main(w):
                curses.echo(); w.addstr(2, 2, "Login: "); w.refresh(); w.getstr()
                curses.noecho(); w.addstr(3, 2, "key: "); w.refresh(); w.getstr()
            curses.wrapper(main)
        """),
        "key: ",
        before=[("Login: ", "ada\r")],
    ),
    Reader("openssl", "openssl passwd -6", "Password:", needs="openssl"),
    Reader("ssh-keygen", "rm -f .k .k.pub; ssh-keygen -q -t ed25519 -f .k", "passphrase", tries=2, needs="ssh-keygen"),
    Reader("vim -x", "vim -u NONE -n -x .v -c q", "key", tries=2, needs="vim"),
)

_AS_NOBODY: Final = "cd /; exec setpriv --reuid=65534 --regid=65534 --clear-groups"


def _gpg(pinentry: str) -> str:
    """Return what signs with a key that a secret opens; a folder and an agent for each, since agents remember."""
    home, configuration = f"g{pinentry}", f"g{pinentry}/gpg-agent.conf"
    gpg = f"gpg --homedir $READER/{home}"
    return f"""export GPG_TTY=$(tty)
        [ -d {home} ] || {{
            mkdir -m 700 {home}
            echo pinentry-program $(command -v pinentry-{pinentry}) >{configuration}
            echo s2k-count 65536 >>{configuration}  # without it the agent measures this machine, for seconds
            {gpg} --batch --pinentry-mode loopback --passphrase hidden --quick-gen-key ada ed25519
        }} 2>.o
        echo a | {gpg} -q --clearsign"""


#: Readers that most machines lack.
MORE: Final = (
    Reader("sudo", f"{_AS_NOBODY} sudo -k true", "password for", tries=2, needs="sudo"),
    Reader("sudo -p", f"{_AS_NOBODY} sudo -kp 'Unlock> ' true", "Unlock> ", tries=2, needs="sudo"),
    Reader("sudo -p as the shell's prompt", f"{_AS_NOBODY} sudo -kp '$ ' true", "$ ", tries=2, needs="sudo"),
    Reader("su", f"{_AS_NOBODY} su", "Password: ", needs="su"),
    Reader("passwd", "passwd nobody", "password: ", tries=2, needs="passwd"),
    Reader("ssh-keygen -y", "cp .e .f 2>&-; [ -e .e ] || ssh-keygen -qt ed25519 -N hidden -f .e; ssh-keygen -yf .e",
           "passphrase", needs="ssh-keygen"),
    Reader("ssh-add", "[ -e .e ] || ssh-keygen -qt ed25519 -N hidden -f .e; ssh-agent ssh-add .e", "passphrase for",
           tries=2, needs="ssh-add"),
    Reader("gpg, pinentry-curses", _gpg("curses"), "assphrase", tries=3, needs="pinentry-curses"),
    Reader("gpg, pinentry-tty", _gpg("tty"), "assphrase", tries=3, needs="pinentry-tty"),
    Reader("gpg, loopback", "rm -f a.gpg; echo a >a; gpg --homedir . --pinentry-mode loopback -c a", "passphrase:",
           needs="gpg"),
    Reader("cryptsetup", "truncate -s 20M d; cryptsetup -q luksFormat d", "passphrase for d: ", needs="cryptsetup"),
    Reader("ansible-vault", "ansible-vault encrypt_string x", "password: ", tries=2, needs="ansible-vault"),
    Reader("mysql", "mysql -h127.0.0.1 -p", "password: ", needs="mysql"),
    Reader("redis-cli", "redis-cli --askpass", "password: ", needs="redis-cli"),
    Reader("zip -e", "rm -f z.zip; echo a >a; zip -e z a", "password: ", tries=2, needs="zip"),
    Reader("7z", "rm -f z.7z; echo a >a; 7z a -p z a", "hidden): ", tries=2, needs="7z"),
    Reader("fish read -s", "fish --no-config -c 'read -s x'", "read> ", needs="fish"),
    Reader("fish name, then key", "fish --no-config -c 'read u; read -s x'", "read> ", before=[("read> ", "ada\r")],
           needs="fish"),
    Reader("zsh read -s", "zsh -fc 'read -s x'", needs="zsh"),
    Reader("zsh read -sk", "zsh -fc 'read -sk 8 x'", needs="zsh"),
    Reader("dash", "dash -c 'stty -echo; read x; stty echo'", needs="dash"),
    Reader("expect", "expect -c 'stty -echo; send_user {Klucz: }; expect_user -re {(.*)\\n}; stty echo'", "Klucz: ",
           needs="expect"),
    Reader("dialog --passwordbox", "dialog --passwordbox geheim 8 40 2>.o", "geheim", needs="dialog"),
    Reader("dialog --insecure", "dialog --insecure --passwordbox geheim 8 40 2>.o", "geheim", needs="dialog"),
    Reader("dialog input, then password", "dialog --inputbox wer 8 40 2>.o; dialog --passwordbox wer 8 40 2>.o", "wer",
           before=[("wer", "ada\r")], needs="dialog"),
    Reader("dialog form",
           "dialog --insecure --mixedform wer 9 40 2 Name 1 1 '' 1 8 9 0 0 key 2 1 '' 2 8 9 0 1 2>.o", "Name",
           before=[("Name", "ada\x1b[B")], needs="dialog"),
    Reader("whiptail --passwordbox", "whiptail --passwordbox geheim 8 40 2>.o", "geheim", needs="whiptail"),
    Reader("whiptail input, then password",
           "whiptail --inputbox wer 8 40 2>.o; whiptail --passwordbox wer 8 40 2>.o", "wer",
           before=[("wer", "ada\r")], needs="whiptail"),
    Reader("prompt_toolkit", _python("import prompt_toolkit as p; p.prompt('> ', is_password=True)"), "> ",
           needs="python:prompt_toolkit"),
    Reader("prompt_toolkit name, then key",
           _python("import prompt_toolkit as p; p.prompt('> '); p.prompt('> ', is_password=True)"), "> ",
           before=[("> ", "ada\r")], needs="python:prompt_toolkit"),
    Reader("questionary", _python("import questionary; questionary.password('Geheim').ask()"), "Geheim",
           needs="python:questionary"),
    Reader("questionary form", _python("""
        import questionary as q
        q.form(name=q.text('Wer'), key=q.password('Wer')).ask()"""), "Wer", before=[("Wer", "ada\r")],
           needs="python:questionary"),
    Reader("InquirerPy", _python("from InquirerPy import inquirer as i; i.secret('Geheim').execute()"), "Geheim",
           needs="python:InquirerPy"),
    Reader("click", _python("import click; click.prompt('Geheim', hide_input=True)"), "Geheim: ",
           needs="python:click"),
    Reader("rich", _python("from rich.prompt import Prompt; Prompt.ask('Geheim', password=True)"), "Geheim: ",
           needs="python:rich"),
    Reader("pwinput", _python("import pwinput; pwinput.pwinput('Geheim> ')"), "Geheim> ", needs="python:pwinput"),
    Reader("textual", _python("""
        from textual.app import App
        from textual.widgets import Input, Label
        class Form(App):
            def compose(self):
                yield Label("Ready"); yield Input(placeholder="who"); yield Input(password=True, placeholder="key")
            def on_input_submitted(self, event):
                if event.input.password: self.exit()
                else: self.screen.focus_next()
        Form().run(mouse=False)"""), "Ready", before=[("Ready", "ada\r")], needs="python:textual"),
    Reader("node prompts", _node("require('prompts')({type:'password',name:'x',message:'Geheim'})"), "Geheim",
           needs="node:prompts"),
    Reader("node inquirer", _node("require('inquirer').default.prompt([{name:'n',message:'Wer'},"
           "{type:'password',mask:'*',name:'x',message:'Wer'}])"), "Wer", before=[("Wer", "ada\r")],
           needs="node:inquirer"),
    Reader("node clack", _node("import('@clack/prompts').then(p=>p.password({message:'Geheim'}))"), "Geheim",
           needs="node:@clack/prompts"),
    Reader("node read", _node("require('read').read({prompt:'Geheim:',silent:true})"), "Geheim:", needs="node:read"),
)  # fmt: skip
