"""Hold the tables of the guide that map the repository against it: its floors and its schemas.

usage: maps.py
Floors.md names every floor of Package.swift once and nothing else; a floor depends on floors of its
own row and of rows above. In Package.swift a target stands behind all that it depends on, and what
opens a C library is used by one floor. Formats.md links to every schema once.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "Sources"
GUIDE = SOURCES / "Guide.docc"


def targets():
    """Of every target of Package.swift, in its order, the targets that it depends on."""
    with tempfile.TemporaryDirectory() as scratch:
        command = ["swift", "package", "--scratch-path", scratch, "dump-package"]
        done = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"Package.swift: {done.stderr.strip()}")
    return {
        target["name"]: [
            name for dependency in target["dependencies"]
            for kind, (name, *_) in dependency.items() if kind in ("byName", "target")]
        for target in json.loads(done.stdout)["targets"]}


def floors(names):
    """Those of `names` that are floors: Swift sources, and no tool."""
    return [
        name for name in names
        if not name.startswith("stm-") and any((SOURCES / name).rglob("*.swift"))]


def rows(text):
    """The names in the first column of the table of floors, row by row."""
    table = re.search(r"^\| floors \|.*\n\|-.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [re.findall(r"`([^`]+)`", line.split("|")[1]) for line in table[1].splitlines()] \
        if table else []


def floor_problems(text, dependencies, known):
    """What is wrong with the map in `text`, given what targets depend on and which are floors."""
    found = rows(text)
    if not found:
        return ["expected a table of floors, found none"]
    problems, places = [], {}
    for row, names in enumerate(found):
        for name in names:
            if name not in known:
                problems.append(f"'{name}': expected a floor of Package.swift, found none")
            elif name in places:
                problems.append(f"'{name}': expected it once, found it again")
            places.setdefault(name, row)
    for name in known:
        if name not in places:
            problems.append(f"'{name}': expected a place in the map, found none")
            continue
        problems += [
            f"'{name}': expected it below '{other}', which it depends on, found it above"
            for other in dependencies[name] if places.get(other, -1) > places[name]]
    return problems


def order_problems(dependencies, known):
    """What contradicts that targets stand behind what they depend on, and that doors have one user."""
    problems, above, users = [], set(), {}
    for name, others in dependencies.items():
        for other in others:
            if other in dependencies and other not in above:
                problems.append(f"'{name}': expected '{other}' above, found it below")
            if name in known and other in dependencies and other not in known:
                users.setdefault(other, []).append(name)
        above.add(name)
    return problems + [
        f"'{door}': expected one floor that uses it, found {' and '.join(names)}"
        for door, names in users.items() if len(names) > 1]


def schema_problems(text, schemas):
    """What is wrong with the list of `schemas` in `text`."""
    found = re.findall(r"\(../../Schemas/([\w-]+)\.schema\.json\)", text)
    return [
        f"'{name}': expected one link to the schema, found {found.count(name)}"
        for name in schemas if found.count(name) != 1]


def main():
    dependencies = targets()
    known = floors(dependencies)
    schemas = [path.name.split(".")[0] for path in sorted((REPOSITORY / "Schemas").glob("*.json"))]
    if not known or not schemas:
        sys.exit(f"expected floors and schemas, found {len(known)} and {len(schemas)}")
    problems = [
        f"{place}: {problem}" for place, found in (
            ("Package.swift", order_problems(dependencies, known)),
            ("Sources/Guide.docc/Floors.md", floor_problems(
                (GUIDE / "Floors.md").read_text(encoding="utf-8"), dependencies, known)),
            ("Sources/Guide.docc/Formats.md", schema_problems(
                (GUIDE / "Formats.md").read_text(encoding="utf-8"), schemas)),
        ) for problem in found]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(1)
    print(f"maps: {len(known)} floors and {len(schemas)} schemas, each in its place")


if __name__ == "__main__":
    main()
