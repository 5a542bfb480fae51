"""Put the guide first on the first page of the site, whose archives docc merge sorts by name.

usage: front.py SITE
"""

import json
import sys
from pathlib import Path

GUIDE = "doc://Guide/documentation/Guide"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    page = Path(sys.argv[1]) / "data" / "documentation.json"
    contents = json.loads(page.read_text(encoding="utf-8"))
    (topics,) = contents["topicSections"]
    names = topics["identifiers"]
    names.remove(GUIDE)
    contents["topicSections"] = [
        {"title": "Guide", "identifiers": [GUIDE]}, {"title": "Floors", "identifiers": names}]
    page.write_text(json.dumps(contents), encoding="utf-8")


main()
