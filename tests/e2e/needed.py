"""Marks tests that drive a program which a machine need not have."""

import shutil

import pytest


def needs(*programs: str, package: str = "") -> pytest.MarkDecorator:
    """Skip a test where a program is missing, and say which package has it: one of its name unless told."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(
        bool(missing), reason=f"{', '.join(missing)} not installed (apt install {package or ' '.join(missing)})"
    )
