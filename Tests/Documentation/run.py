"""Run the commands of pages of documentation, each page in a folder of its own.

usage: run.py TOOLS [PAGE.md...]
TOOLS holds the tools; without pages, all that have commands are run: README.md, .github/*.md and the
pages of the catalogs under Sources. A command is a line of a block of `sh` that begins with the name
of a tool, or such a line behind `$ ` in a block of output; lines that end in a backslash go on. It
must end with 0, or with N where `# exits with N` stands behind it. What a page makes, its later
commands find; what it takes for made before comes from materials.py and BEFORE. Other lines of the
blocks, such as those of make and mpirun, are listed and not run.

Commands are run as they stand, but for trainings: the options SHORT are put behind them, so that their
steps are few and small. Of an option that is given twice the tools take the last.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import materials

REPOSITORY = Path(__file__).resolve().parents[2]
TRAININGS = ("stm-train images ", "stm-train video ")
SHORT = "--steps 2 --batch 1 --size 64x96"

# Pages whose commands a test of the tools runs: UsualMistakesTests.
TESTED = {"UsualMistakes"}

# The sample model in fp32 and int8, as `make demo` makes it. What follows finds both under $MODELS.
MODELS = [
    "stm-convert memorize.onnx query.onnx decode.onnx -o $MODELS/stm.safetensors --quiet",
    "stm-quantize $MODELS/stm.safetensors -o $MODELS/stm-int8.safetensors --precision int8"
    " --calibrate SampleWeights/clip --frames 12 --quiet",
]

# What a page takes for made before, by page: commands that make it.
BEFORE = {
    "Commands": [
        "stm-quantize $MODELS/stm.safetensors -o main.safetensors --precision int8"
        " --calibrate clips/dog --quiet",
        "stm-verify $MODELS/stm.safetensors main.safetensors --clips DAVIS --long-edge 320"
        " --report main --quiet",
    ],
    "Evaluating": [
        "stm-segment $MODELS/stm.safetensors --clip clips/dog -o masks --quiet",
        "mkdir results && cp -R masks results/dog",
    ],
    "Formats": ["cp $MODELS/stm-int8.safetensors ."],
    "ParityReport": ["cp -R $MODELS demo"],
    "Segmenting": ["cp -R $MODELS demo"],
    "Training": ["""echo '{"standard": "int8"}' > plan.json"""],
    "WhyMasksFlicker": ["cp $MODELS/*.safetensors ."],
}


def lines(page):
    """The lines of the blocks of `page`, each with the exit code that is expected of it."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for kind, text in blocks:
        for line in text.replace("\\\n", " ").splitlines():
            if kind == "" and line.startswith("$ stm-"):
                line = line.removeprefix("$ ")
            elif kind != "sh":
                continue
            command, _, remark = f" {line}".partition(" #")
            code = re.search(r"exits with (\d+)", remark)
            if command.strip():
                yield " ".join(command.split()), int(code.group(1)) if code else 0


def run(command, folder, models, tools):
    """Runs `command` in `folder`: its exit code and the last lines that it printed."""
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "MODELS": str(models),
        # Threads that wait sleep: on a machine that does other work they would take most of the time.
        "OMP_WAIT_POLICY": "passive",
    }
    if command.startswith(TRAININGS):
        command = f"{command} {SHORT}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, "\n".join(done.stdout.splitlines()[-20:])


def prepare(commands, *place):
    """Runs `commands`, all of which must succeed."""
    for command in commands:
        code, output = run(command, *place)
        if code:
            sys.exit(f"{command}\n  expected exit code 0, found {code}\n{output}")


def run_page(page, *place):
    """Runs the commands of `page`: how many these are, the lines that are not, and the failures."""
    count, others, failures = 0, [], []
    for line, expected in lines(page):
        if not line.startswith("stm-"):
            others.append(line)
            continue
        count += 1
        code, output = run(line, *place)
        if code != expected:
            failures.append(f"{page}: {line}\n  expected exit code {expected}, found {code}\n{output}")
    return count, others, failures


def processor_seconds():
    """The processor time of all commands so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    tools = Path(sys.argv[1]).resolve()
    pages = [Path(page).resolve() for page in sys.argv[2:]] or [
        REPOSITORY / "README.md",
        *sorted((REPOSITORY / ".github").rglob("*.md")),
        *sorted((REPOSITORY / "Sources").glob("**/*.docc/*.md")),
    ]
    total, failures = 0, []
    with tempfile.TemporaryDirectory() as scratch:
        own, models = Path(scratch) / "own", Path(scratch) / "models"
        own.mkdir()
        models.mkdir()
        materials.make(own, tools)
        prepare(MODELS, own, models, tools)
        print(f"materials: {processor_seconds():.0f} s", flush=True)
        for page in pages:
            if page.stem in TESTED or not any(lines(page)):
                continue
            begin = processor_seconds()
            folder = Path(scratch) / page.stem
            shutil.copytree(own, folder)
            prepare(BEFORE.get(page.stem, []), folder, models, tools)
            count, others, failed = run_page(page, folder, models, tools)
            shutil.rmtree(folder)
            total += count
            failures += failed
            seconds = processor_seconds() - begin
            print(f"{page.name}: {count} commands, {len(failed)} failed, {seconds:.0f} s")
            for line in others:
                print(f"  not run: {line}")
            sys.stdout.flush()
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{total} commands, {len(failures)} failed, {processor_seconds():.0f} s of processor time")
    sys.exit(1 if failures else 0)


main()
