"""Copy the catalogs of documentation to a folder, for DocC, and check every link between files.

usage: catalogs.py OUT
In the repository pages link to one another, and to pictures, as files, which code hosts show. The
copies link as the site needs it: to the page's place in it, to the picture by its name. README.md
and the pages under .github are checked alike. A link to a file that is not there is a failure.
"""

import re
import shutil
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|doc:|#)([^)\s#]+)(#[^)\s]*)?\)")


def site_path(page):
    """Where the site has the page of a catalog."""
    catalog = next(parent for parent in page.parents if parent.suffix == ".docc")
    if page.stem == catalog.stem:
        return f"/documentation/{catalog.stem.lower()}"
    return f"/documentation/{catalog.stem.lower()}/{page.stem.lower()}"


def rewritten(page, copies, broken):
    """The text of `page` with its links as the site needs them; pictures are put into `copies`."""

    def link(match):
        picture, text, target, _ = match.groups()
        path = (page.parent / target).resolve()
        if not path.exists():
            broken.append(f"{page.relative_to(REPOSITORY)}: '{target}': no such file")
            return match.group(0)
        if picture:
            if copies:
                shutil.copy(path, copies)
            return f"![{text}]({path.name})"
        if path.suffix == ".md" and any(parent.suffix == ".docc" for parent in path.parents):
            return f"[{text}]({site_path(path)})"
        return f"`{path.relative_to(REPOSITORY)}`" if copies else match.group(0)

    pieces = re.split(r"(```.*?```)", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return "".join(
        piece if piece.startswith("```") else LINK.sub(link, piece) for piece in pieces
    )


def main():
    out = Path(sys.argv[1])
    broken = []
    for catalog in sorted((REPOSITORY / "Sources").glob("**/*.docc")):
        copy = out / catalog.name
        shutil.copytree(catalog, copy)
        for page in sorted(catalog.rglob("*.md")):
            place = copy / page.relative_to(catalog)
            place.write_text(rewritten(page, copy, broken), encoding="utf-8")
    for page in [REPOSITORY / "README.md", *sorted((REPOSITORY / ".github").rglob("*.md"))]:
        rewritten(page, None, broken)
    for problem in broken:
        print(problem, file=sys.stderr)
    sys.exit(1 if broken else 0)


main()
