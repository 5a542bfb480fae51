"""Makes the exports beside this script: one small network in many files that break naive importers.

    KERAS_BACKEND=torch OMP_NUM_THREADS=1 python make.py [--only 'torchscript-*'] [OUT]

OUT is this script's folder unless given. Bigger sets, for trials outside the repository:

    python make.py --width 16 --blocks 3,4,6 --key 32 --value 128 --decoder 64 \
        [--checkpoint stm.safetensors] OUT

What is written:

- `stm.safetensors`: the truth, all tensors under canonical names, seeded random (every tensor is
  different, batch-norm statistics matter), or the checkpoint.
- `folded.safetensors`: the same with every batch norm inside its convolution (binary64, rounded):
  X.weight and X.bias; Encoder_M.bn1 is in conv1, conv1_m and conv1_o, its shift is conv1's bias.
- `cases.json`: for each case its `name`; `files` in the order for a command line, some of which are
  in other cases' folders, because no file is written twice; `outcome`; and where they apply:
  `absent` (patterns of canonical names that the export lacks), `arrives_folded` (patterns of convolutions whose batch
  norm is already inside), `tolerance`, `tolerances` (of single tensors), `differs` (a file of
  tensors that are other than truth's in this case), `residual` (what the configuration must say, if
  not raw), `word`, `remark`.

| outcome | the import |
|---|---|
| `exact` | is truth, bit for bit |
| `folded` | is `folded.safetensors` once folded, to `tolerance` (1e-5) of each tensor's largest magnitude |
| `rounded` | is truth to `tolerance` of each tensor's largest magnitude |
| `refused` | fails, and the error contains `word` |
| `backbone` | is truth's Encoder_Q alone, bit for bit, from a classifier's checkpoint |

Every ONNX file that onnxruntime loads is run and held against the PyTorch module. Made with Python
3.11, torch 2.15.0, onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.32.0, onnxslim 0.1.98, onnxsim 0.8.1,
onnxoptimizer 0.4.2, onnxconverter-common 1.16.0, keras 3.15.1, h5py 3.16.0, safetensors 0.8.0,
numpy 2.4.6.
"""

import argparse
import fnmatch
import hashlib
import json
import os
import pathlib
import shutil
import warnings

os.environ.setdefault("KERAS_BACKEND", "torch")
warnings.filterwarnings("ignore")

import safetensors.torch

import network
from keras_exports import KerasCases
from onnx_exports import OnnxCases
from weights_only import WeightCases


class Zoo:
    """The folder of cases: writes files once, keeps the facts of each case."""

    def __init__(self, folder, size, state, only, trained=False):
        self.folder = folder
        self.size = size
        self.state = state
        self.only = only
        self.trained = trained
        self.cases = {}
        self.notes = {}
        self.paths = {}

    def clear(self):
        """Removes the cases that an earlier run wrote."""
        table = self.folder / "cases.json"
        if table.exists():
            for case in json.loads(table.read_text()):
                shutil.rmtree(self.folder / case["name"], ignore_errors=True)

    def add(self, name, build, outcome, **facts):
        """Adds the case `name`, whose files `build()` returns by name, unless it is not asked for."""
        if not any(fnmatch.fnmatch(name, pattern) for pattern in self.only):
            return
        assert name not in self.cases, name
        print(f"{name}:", end=" ", flush=True)
        files = []
        written = 0
        for file, content in build().items():
            self.check_portable(f"{name}/{file}", content)
            digest = hashlib.sha256(content).digest()
            if digest not in self.paths:
                self.paths[digest] = f"{name}/{file}"
                self.write(f"{name}/{file}", content)
                written += len(content)
            files.append(self.paths[digest])
        differs = facts.pop("differs", None)
        if differs:
            content = safetensors.torch.save(
                {key: value.contiguous() for key, value in differs.items()})
            self.write(f"{name}/differs.safetensors", content)
            facts["differs"] = f"{name}/differs.safetensors"
            written += len(content)
        if outcome == "folded":
            facts.setdefault("tolerance", 1e-5)
        case = {"name": name, "files": files, "outcome": outcome}
        case |= {key: value for key, value in sorted(facts.items()) if value}
        case = {
            key: list(value) if isinstance(value, tuple) else value for key, value in case.items()}
        twin = next((n for n, c in self.cases.items() if c["files"] == files), None)
        if twin:
            print(f"same as {twin}, left out")
            return
        self.cases[name] = case
        print(f"{written} bytes new; {', '.join(self.notes.get(name, []))}", flush=True)

    def note(self, name, text):
        """Remembers something to be printed beside the case."""
        self.notes.setdefault(name, []).append(text)

    def expect(self, holds, name, complaint):
        """Stops at what must hold of seeded weights; of a checkpoint's it is only noted: trained
        layers may be equal, then exporters share them and optimizers leave them alone."""
        if not holds and not self.trained:
            raise AssertionError(f"{name}: {complaint}")
        if not holds:
            self.note(name, complaint.upper())

    def check_portable(self, path, content):
        for part in (b"/home/", b"/tmp/", b"site-packages"):
            assert part not in content, f"{path} names a folder of this machine"

    def write(self, path, content):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def finish(self):
        cases = [self.cases[name] for name in sorted(self.cases)]
        self.write("cases.json", (json.dumps(cases, indent=1) + "\n").encode())
        sizes = [path.stat().st_size for path in self.folder.rglob("*") if path.suffix != ".py"]
        print(f"{len(cases)} cases, {sum(sizes)} bytes")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    defaults = network.Size()
    for name in ("width", "key", "value", "decoder"):
        parser.add_argument(f"--{name}", type=int, default=getattr(defaults, name))
    parser.add_argument("--blocks", default=",".join(map(str, defaults.blocks)))
    parser.add_argument("--checkpoint", help="a safetensors file of that size, for truth")
    parser.add_argument("--only", default="*", help="patterns of case names, comma between")
    options = parser.parse_args()
    size = network.Size(
        options.width, tuple(map(int, options.blocks.split(","))), options.key, options.value,
        options.decoder)
    if options.checkpoint:
        state = safetensors.torch.load_file(options.checkpoint)
        names = network.Network(size).state_dict()
        state = {name: state[name] for name in names}
    else:
        state = network.random_state(size)
    zoo = Zoo(options.out, size, state, options.only.split(","), bool(options.checkpoint))
    zoo.clear()
    zoo.write("stm.safetensors", safetensors.torch.save(state))
    zoo.write("folded.safetensors", safetensors.torch.save(network.folded(state)))
    for family in (OnnxCases, WeightCases, KerasCases):
        family(zoo).all()
    zoo.finish()


if __name__ == "__main__":
    main()
