"""What memory policies cost masks: J of each, and of `bounded` beside the published one.

usage: policies.py TOOLS MODEL FOLDER CLIP... [--limit 8] [--long-edge 320] [--most 0.01]
                   [--report FILE]
Every clip is segmented under every policy with --limit frames in memory, and scored by stm-evaluate
against the masks that it has, two at least. Exits with 1 where J of `bounded` is more than --most
below that of `every-n`.
"""
import argparse
import json
import pathlib
import shutil
import sys

import suite

POLICIES = ("every-n", "first-and-last", "bounded", "merge", "prototypes")


def score(options, clip, policy):
    """The mean J of the masks of `clip` under `policy`."""
    folder = options.folder / policy / clip.name
    shutil.rmtree(folder, ignore_errors=True)
    limit = [] if policy in POLICIES[:2] else ["--memory-limit", options.limit]
    suite.run(
        options.tools / "stm-segment", options.model, "--clip", clip, "--long-edge",
        options.long_edge, "-o", folder, "--memory-policy", policy, *limit, "--quiet")
    report = json.loads(suite.run(
        options.tools / "stm-evaluate", folder, clip / "masks", "--protocol", suite.protocol(clip / "masks"),
        "--json", "--quiet"))
    return report["summary"]["region"]["mean"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("tools", "model", "folder"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("clips", type=pathlib.Path, nargs="+")
    parser.add_argument("--limit", type=int, default=8)
    parser.add_argument("--long-edge", type=int, default=320)
    parser.add_argument("--most", type=float, default=0.01)
    parser.add_argument("--report", type=pathlib.Path)
    options = parser.parse_args()

    scores = {
        policy: [score(options, clip, policy) for clip in options.clips] for policy in POLICIES}
    rows = [[policy, *(f"{j:.4f}" for j in scores[policy])] for policy in POLICIES]
    text = (
        f"J of {options.model.name}, at most {options.limit} frames in memory, long edge "
        f"{options.long_edge}\n\n"
        + suite.table(["policy", *(clip.name for clip in options.clips)], rows, text=1) + "\n")
    print(text)
    if options.report:
        options.report.write_text(text, encoding="utf-8")
    lost = [
        (published - bounded, clip.name) for published, bounded, clip
        in zip(scores["every-n"], scores["bounded"], options.clips)]
    if max(lost)[0] > options.most:
        sys.exit(f"{max(lost)[1]}: expected at most {options.most} below every-n, "
                 f"found {max(lost)[0]:.4f}")


if __name__ == "__main__":
    main()
