"""List the public symbols that have no documentation, and fail if there are any.

usage: undocumented.py SYMBOLS.json...
What a symbol inherits from a protocol's requirement counts; so does what the compiler wrote.
"""

import json
import sys


def main():
    undocumented = set()
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            graph = json.load(file)
        for symbol in graph["symbols"]:
            if "docComment" not in symbol and "location" in symbol:
                undocumented.add(graph["module"]["name"] + ": " + ".".join(symbol["pathComponents"]))
    for name in sorted(undocumented):
        print(f"{name}: expected documentation, found none", file=sys.stderr)
    sys.exit(1 if undocumented else 0)


main()
