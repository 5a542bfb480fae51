"""Check what pages say of files, and copy the catalogs of documentation to a folder, for DocC.

usage: catalogs.py [OUT]
In the repository pages link to one another, and to pictures, as files, which code hosts show. The
copies in OUT link as the site needs it: to the page's place in it, to the picture by its name. Pages
outside of catalogs are checked alike. A link to a file that is not there is a failure, and so is a
path from the root of the repository between backticks, in which `*` stands for anything.
"""

import re
import shutil
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# Pages outside of catalogs are these, or lie in these folders.
OTHERS = ("README.md", ".github", "SampleWeights", "Tests")
SPAN = re.compile(
    r"`((?:\.ci|\.github|\.packaging|SampleWeights|Schemas|Sources|Tests)/[\w./+*-]*)`")
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|doc:|#)([^)\s#]+)(#[^)\s]*)?\)")


def site_path(page):
    """Where the site has the page of a catalog."""
    catalog = next(parent for parent in page.parents if parent.suffix == ".docc")
    if page.stem == catalog.stem:
        return f"/documentation/{catalog.stem.lower()}"
    return f"/documentation/{catalog.stem.lower()}/{page.stem.lower()}"


def check_paths(text, page, broken):
    """Adds to `broken` the paths in `text` that lead nowhere, from the root or from `page`."""
    for path in SPAN.findall(text):
        if not any(any(folder.glob(path.rstrip("/"))) for folder in (REPOSITORY, page.parent)):
            broken.append(f"{page.relative_to(REPOSITORY)}: '{path}': no such file")


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

    text = page.read_text(encoding="utf-8")
    check_paths(text, page, broken)
    pieces = re.split(r"(```.*?```)", text, flags=re.DOTALL)
    return "".join(
        piece if piece.startswith("```") else LINK.sub(link, piece) for piece in pieces
    )


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    broken, count = [], 0
    for catalog in sorted((REPOSITORY / "Sources").glob("**/*.docc")):
        copy = out / catalog.name if out else None
        if copy:
            shutil.copytree(catalog, copy)
        for page in sorted(catalog.rglob("*.md")):
            text = rewritten(page, copy, broken)
            count += 1
            if copy:
                (copy / page.relative_to(catalog)).write_text(text, encoding="utf-8")
    for other in OTHERS:
        place = REPOSITORY / other
        for page in sorted(place.rglob("*.md")) if place.is_dir() else [place]:
            if ".build" not in page.parts:
                rewritten(page, None, broken)
                count += 1
    for problem in broken:
        print(problem, file=sys.stderr)
    if broken:
        sys.exit(1)
    print(f"pages: {count}, whose links and paths lead somewhere")


main()
