#!/usr/bin/env python3
"""Writes man pages from what the program says of itself: its commands' help, and the reference of its configuration.

deploy/package/manual.py PROGRAM FOLDER
"""

import json
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

SEE_ALSO = {"sessiongate": ["sessiongate.yaml(5)", "envoy(1)"], "sessiongate-serve": ["systemd.socket(5)"]}
FILES = """.Sh FILES
.Bl -tag -width Ds
.It Pa /etc/sessiongate/sessiongate.yaml
The configuration of the packaged service, see
.Xr sessiongate.yaml 5 .
.El
"""
STATUS = """.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
It was done.
.It 1
It could not be done.
.It 64
The command line is wrong.
.It 74
Standard output could not be written.
.It 78
The configuration is invalid.
.El
"""


def run(program, *arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def literal(line):
    """A line that mdoc takes for text, whatever it begins with."""
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line.startswith((".", "'")) else line


def text(line):
    """The same for prose. Each sentence gets a line, as mdoc wants it."""
    return re.sub(r"(?<=\w[.:)]) (?=[A-Z])", "\n", literal(line))


def paragraphs(prose):
    """Paragraphs; indented lines are examples and keep their line breaks."""
    lines, is_example = [], False
    for line in prose.splitlines():
        if (line.startswith("  ")) != is_example:
            lines.append(".Bd -literal -offset indent" if not is_example else ".Ed")
            is_example = not is_example
        if not line and not is_example:
            lines.append(".Pp")
        elif line:
            lines.append(literal(line[2:]) if is_example else text(line))
    if is_example:
        lines.append(".Ed")
    # No paragraph begins where a section or an example does.
    return re.sub(r"(?m)^\.Pp\n(?=\.Bd|\Z)", "", "\n".join(lines) + "\n")


def names(argument):
    """How an option is written, longest name first; nothing for a positional argument."""
    dashes = {"long": "--", "short": "-", "longWithSingleDash": "-"}
    found = [(dashes[name["kind"]] + name["name"]) for name in argument.get("names", [])]
    return sorted(found, key=len, reverse=True)


def value(argument):
    return f" Ar {argument['valueName']}" if argument["kind"] != "flag" else ""


def synopsis(argument):
    if argument["kind"] == "positional":
        word = f"Ar {argument['valueName']}" + (" ..." if argument["isRepeating"] else "")
    else:
        word = f"Fl {names(argument)[0][1:].replace('-', chr(92) + '-')}{value(argument)}"
    return f".Op {word}" if argument["isOptional"] else f".{word}"


def item(argument):
    """What the argument is for, under its names."""
    written = " , ".join(f"Fl {name[1:].replace('-', chr(92) + '-')}" for name in names(argument))
    head = f".It {written}{value(argument)}" if written else f".It Ar {argument['valueName']}"
    about = argument.get("abstract", "")
    if argument.get("defaultValue"):
        about = f"{about} (default: {argument['defaultValue']})".strip()
    more = argument.get("discussion", "")
    return f"{head}\n{text(about)}\n" + (f".Pp\n{paragraphs(more)}" if more else "")


def is_shown(argument, path):
    """Every command has --version, which its main page alone explains."""
    return argument.get("shouldDisplay", True) and (len(path) == 1 or argument.get("valueName") != "version")


def sections(command, path):
    """The page of one command, below its heading."""
    name = "-".join(path)
    arguments = [argument for argument in command.get("arguments", []) if is_shown(argument, path)]
    children = [child for child in command.get("subcommands", []) if child["commandName"] != "help"]
    yield f".Sh NAME\n.Nm {name}\n.Nd {text(command['abstract']).rstrip('.')}\n"
    yield f".Sh SYNOPSIS\n.Nm {' '.join(path)}\n" + "".join(f"{synopsis(argument)}\n" for argument in arguments)
    if children:
        yield ".Ar command\n.Op Ar options\n"
    if discussion := command.get("discussion"):
        yield f".Sh DESCRIPTION\n{paragraphs(discussion)}"
    if arguments:
        yield ".Sh OPTIONS\n.Bl -tag -width Ds\n" + "".join(map(item, arguments)) + ".El\n"
    if children:
        yield ".Sh COMMANDS\n.Bl -tag -width Ds\n"
        yield "".join(f".It Xr {name}-{child['commandName']} 1\n{text(child['abstract'])}\n" for child in children)
        yield ".El\n"
    yield (FILES if len(path) == 1 else "") + STATUS
    related = [f"{name}-{child['commandName']}(1)" for child in children]
    if len(path) > 1:
        related.append(f"{'-'.join(path[:-1])}(1)")
    yield see_also(related + SEE_ALSO.get(name, []))


def see_also(pages):
    pages = sorted(pages, key=lambda page: (page[-2], page))
    return ".Sh SEE ALSO\n" + " ,\n".join(f".Xr {page[:-3]} {page[-2]}" for page in pages) + "\n"


def heading(name, number, day):
    return f".Dd {day}\n.Dt {name.upper()} {number}\n.Os sessiongate\n"


def commands(command, path=()):
    """All commands, with the words that call them."""
    path = (*path, command["commandName"])
    yield command, path
    for child in command.get("subcommands", []):
        if child["commandName"] != "help":
            yield from commands(child, path)


def configuration(program):
    """The page of the configuration file."""
    yield ".Sh NAME\n.Nm sessiongate.yaml\n.Nd configuration of sessiongate\n.Sh DESCRIPTION\n"
    yield "The configuration is a YAML file.\nFile names in it are relative to its directory.\nCheck it with\n"
    yield ".Ic sessiongate config check .\nThe environment variable that is named at a key overrides the key.\n"
    yield ".Sh KEYS\n.Bd -literal\n"
    yield "".join(literal(line) + "\n" for line in run(program, "config", "reference").splitlines())
    yield ".Ed\n"
    yield see_also(["sessiongate(1)", "sessiongate-config(1)"])


def main(program, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    day = time.strftime("%B %-d, %Y", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    root = json.loads(run(program, "--experimental-dump-help"))["command"]
    for command, path in commands(root):
        name = "-".join(path)
        (folder / f"{name}.1").write_text(heading(name, 1, day) + "".join(sections(command, path)))
    page = heading("sessiongate.yaml", 5, day) + "".join(configuration(program))
    (folder / "sessiongate.yaml.5").write_text(page)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(textwrap.dedent(__doc__))
    main(*sys.argv[1:])
