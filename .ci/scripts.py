"""Parse every script and every schema of the repository, without running any.

usage: scripts.py
Shell is parsed by the shell that its first line names, and such a file must be executable; Python is
compiled in memory; a schema is JSON. Prints what is wrong, and exits with 1 where anything is.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDERS = (".ci", ".github", ".packaging", "SampleWeights", "Schemas", "Tests")


def shell_problem(path, shell):
    """What is wrong with a script of `shell`; nothing: None."""
    if not path.stat().st_mode & 0o100:
        return "expected an executable file, found another"
    done = subprocess.run([shell, "-n", path], capture_output=True, text=True, check=False)
    return done.stderr.strip() or None if done.returncode else None


def python_problem(path):
    """What is wrong with a program of Python."""
    try:
        compile(path.read_bytes(), path, "exec")
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    return None


def json_problem(path):
    """What is wrong with a file of JSON."""
    try:
        json.loads(path.read_bytes())
    except ValueError as error:
        return str(error)
    return None


def main():
    counts, problems = {"shell": 0, "Python": 0, "JSON": 0}, []
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if ".build" in path.parts or not path.is_file():
                continue
            with path.open("rb") as file:
                line = file.readline(100)
            shell = re.match(rb"#!.*\b(bash|sh)\n", line)
            if shell:
                kind, problem = "shell", shell_problem(path, shell[1].decode())
            elif path.suffix == ".sh":
                kind, problem = "shell", "expected a first line that names a shell, found none"
            elif path.suffix == ".py":
                kind, problem = "Python", python_problem(path)
            elif folder == "Schemas" and path.suffix == ".json":
                kind, problem = "JSON", json_problem(path)
            else:
                continue
            counts[kind] += 1
            if problem:
                problems.append(f"{path.relative_to(REPOSITORY)}: {problem}")
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems or not all(counts.values()):
        sys.exit(1)
    print("scripts: " + ", ".join(f"{count} of {kind}" for kind, count in counts.items()))


main()
