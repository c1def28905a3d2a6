#!/usr/bin/env python3
"""Turns the change log into Debian's form: versions with their day, and a line for each change."""

import re
import sys
import textwrap
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

MAINTAINER = "Sessiongate maintainers <maintainers@sessiongate.invalid>"


def entries(text):
    """Each version, its day, and its changes."""
    for version, day, body in re.findall(r"(?ms)^## (\S+), (\d{4}-\d\d-\d\d)\n(.*?)(?=^## |\Z)", text):
        yield version, day, [" ".join(change.split()) for change in re.findall(r"(?ms)^- (.*?)(?=^- |^$|\Z)", body)]


def main(file):
    for version, day, changes in entries(Path(file).read_text()):
        print(f"sessiongate ({version}) stable; urgency=medium\n")
        for change in changes:
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", change)
            print(textwrap.fill(plain, 78, initial_indent="  * ", subsequent_indent="    ", break_on_hyphens=False))
        date = format_datetime(datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))
        print(f"\n -- {MAINTAINER}  {date}\n")


if __name__ == "__main__":
    main(sys.argv[1])
