"""Grammars in ABNF as regular expressions, as far as PROTOCOL.md uses ABNF: no rule names itself.

Source: RFC 5234; RFC 7405 for the strings. Those without `%s` have no letters here, so that case means nothing.
"""

import re

#: Source: RFC 5234, appendix B.1.
_CORE_RULES = {"DIGIT": "[0-9]", "SP": " ", "CR": "\\r", "LF": "\\n"}

_TOKEN = re.compile(
    r"\s*(?:"
    r'(?:%s)?"(?P<string>[^"]*)"'
    r"|%x(?P<first>[0-9A-F]{2})(?:-(?P<last>[0-9A-F]{2}))?"
    r"|(?P<least>[0-9]*)(?P<star>\*)(?P<most>[0-9]*)|(?P<times>[0-9]+)"
    r"|(?P<rule>[A-Za-z][A-Za-z0-9-]*)"
    r"|(?P<mark>[()\[\]/])"
    r")\s*"
)


class Grammar:
    """Rules by their names, each on a line of its own or going on in indented ones."""

    def __init__(self, text: str) -> None:
        lines = re.sub(r"\n[ ]+", " ", text.strip()).splitlines()
        self.rules = dict(re.split(r" += ", line, maxsplit=1) for line in lines if line)

    def pattern(self, definition: str) -> str:
        """Return the regular expression of a rule's right side."""
        written, waiting = "", [""]  # what comes behind the next element: how often it is there
        position = 0
        while position < len(definition):
            token = _TOKEN.match(definition, position)
            assert token is not None, f"not understood: {definition[position:]!r}"
            position = token.end()
            if token["star"]:
                waiting[-1] = f"{{{token['least'] or 0},{token['most']}}}"
            elif token["times"]:
                waiting[-1] = f"{{{token['times']}}}"
            elif token["mark"] and token["mark"] in "([":
                if token["mark"] == "[":
                    waiting[-1] = "?"
                waiting.append("")
                written += "(?:"
            elif token["mark"] == "/":
                written += "|"
            else:
                if token["mark"]:
                    waiting.pop()
                written += (")" if token["mark"] else self._element(token)) + waiting[-1]
                waiting[-1] = ""
        return f"(?:{written})"

    def _element(self, token: re.Match[str]) -> str:
        if token["first"]:
            return rf"[\x{token['first']}-\x{token['last'] or token['first']}]"
        if token["rule"]:
            rule = token["rule"]
            return _CORE_RULES[rule] if rule in _CORE_RULES else self.pattern(self.rules[rule])
        return f"(?:{re.escape(token['string'])})"

    def allows(self, rule: str, line: bytes) -> bool:
        """Tell whether a line is one of a rule's."""
        return re.fullmatch(self.pattern(self.rules[rule]), line.decode("latin-1")) is not None
