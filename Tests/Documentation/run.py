"""Run the commands of pages of documentation, each page in a folder of its own.

usage: run.py TOOLS [PAGE.md...]
TOOLS holds the tools; without pages, all that have commands are run: README.md, .github/*.md and the
pages of the catalogs under Sources. A command is a line of a block of `sh` that begins with the name
of a tool; lines that end in a backslash go on. It must end with 0, or with N where `# exits with N`
stands behind it. The files that pages speak of are made of the sample model and clip and of exports
among the tests' fixtures; what a page makes, its later commands find.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "SampleWeights"
EXPORTERS = REPOSITORY / "Tests/MappingTests/Fixtures/exporters"
FRAMES = 6

# What only some pages speak of, by page: commands that make it.
FIRST = {
    "FromPyTorchToSwift": [
        "stm-convert checkpoint.pth -o stm.safetensors --quiet",
        "stm-verify save stm.safetensors --clip clips/dog --long-edge 64 -o golden.safetensors --quiet",
    ],
}


def commands(page):
    """The commands of `page` with the exit codes that they should end with."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("stm-"):
                code = re.search(r"# exits with (\d+)", line)
                yield line, int(code.group(1)) if code else 0


def copy(folder, name, source):
    """A copy: commands may write where pages say that a file is."""
    (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)


def copy_clip(frames, masks):
    """The first frames of the sample clip and their masks."""
    for source, target in ((SAMPLE / "clip/frames", frames), (SAMPLE / "clip/masks", masks)):
        target.mkdir(parents=True)
        for path in sorted(source.iterdir())[:FRAMES]:
            shutil.copy(path, target)


def materials(folder):
    """Puts into `folder` what pages take for the reader's own."""
    copy(folder, "SampleWeights", SAMPLE)
    for graph in ("memorize", "query", "decode"):
        copy(folder, f"{graph}.onnx", SAMPLE / f"onnx/{graph}.onnx")
    for name, graph in (("memory", "memorize"), ("query", "query"), ("decoder", "decode")):
        copy(folder, f"{name}.keras", EXPORTERS / f"keras-archive/{graph}.keras")
    copy(folder, "checkpoint.pth", EXPORTERS / "pytorch-checkpoint/stm.pth")
    copy(folder, "weights.h5", SAMPLE / "hdf5/stm.h5")
    copy(folder, "golden.safetensors", SAMPLE / "golden.safetensors")
    for name in ("dog", "cat"):
        copy_clip(folder / f"clips/{name}/frames", folder / f"clips/{name}/masks")
    davis = folder / "DAVIS"
    copy_clip(davis / "JPEGImages/480p/dog", davis / "Annotations/480p/dog")
    (davis / "ImageSets/2017").mkdir(parents=True)
    (davis / "ImageSets/2017/val.txt").write_text("dog\n")


def run(line, folder, tools):
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def main():
    tools = Path(sys.argv[1]).resolve()
    pages = [Path(page).resolve() for page in sys.argv[2:]] or [
        REPOSITORY / "README.md",
        *sorted((REPOSITORY / ".github").rglob("*.md")),
        *sorted((REPOSITORY / "Sources").glob("**/*.docc/*.md")),
    ]
    failures, count = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        models = Path(scratch) / "models"
        models.mkdir()
        materials(models)
        for line in (
            "stm-convert memorize.onnx query.onnx decode.onnx -o stm.safetensors --quiet",
            "stm-quantize stm.safetensors -o stm-int8.safetensors --precision int8 "
            "--calibrate clips/dog --long-edge 160 --quiet",
        ):
            done = run(line, models, tools)
            if done.returncode:
                sys.exit(f"{line}\n{done.stderr}")
        for page in pages:
            lines = list(commands(page))
            if not lines:
                continue
            folder = Path(scratch) / page.stem
            folder.mkdir()
            materials(folder)
            for name in ("stm", "stm-int8"):
                shutil.copy(models / f"{name}.safetensors", folder)
            for line in FIRST.get(page.stem, []):
                run(line, folder, tools).check_returncode()
            failed = 0
            for line, expected in lines:
                count += 1
                done = run(line, folder, tools)
                if done.returncode != expected:
                    failed += 1
                    failures.append(
                        f"{page.relative_to(REPOSITORY)}: {line}\n"
                        f"  expected exit code {expected}, found {done.returncode}\n{done.stderr}"
                    )
            print(f"{page.relative_to(REPOSITORY)}: {len(lines)} commands, {failed} failed", flush=True)
    print("\n".join(failures), file=sys.stderr)
    print(f"{count - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
