"""Scores of small sequences by NumPy, SciPy and scikit-image, as the evaluations define them.

    python3 make_evaluation.py [CLIP]     (numpy scipy scikit-image pillow); writes evaluation.json

CLIP is a folder with indexed masks/, of which cut-outs are taken: SampleWeights/clip by default.
"""
import json
import math
import pathlib
import sys

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, gaussian_filter
from skimage.morphology import disk

VOID = 255


def boundary(inside):
    """Pixels that differ from their right, lower or lower right neighbour, edges continued."""
    padded = np.pad(inside, ((0, 1), (0, 1)), mode="edge")
    others = padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    return np.logical_or.reduce([inside != other for other in others])


def region_similarity(mask, truth):
    union = (mask | truth).sum()
    return float((mask & truth).sum() / union) if union else 1.0


def contour_accuracy(mask, truth):
    mine, theirs = boundary(mask), boundary(truth)
    if not mine.any() or not theirs.any():
        return float(mine.any() == theirs.any())
    element = disk(math.ceil(0.008 * np.linalg.norm(mask.shape)))
    precision = (mine & binary_dilation(theirs, element)).sum() / mine.sum()
    recall = (theirs & binary_dilation(mine, element)).sum() / theirs.sum()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def statistics(values):
    """Mean, recall and decay."""
    values = np.array(values)
    edges = np.round(np.linspace(1, len(values), 5) + 1e-10).astype(int) - 1
    quarters = [values[edges[i]:edges[i + 1] + 1] for i in range(4)]
    return [
        float(np.mean(values)), float(np.mean(values > 0.5)),
        float(np.mean(quarters[0]) - np.mean(quarters[3]))]


def scores(predictions, truths, id, frames, ignores_void):
    """J and F of an object in some frames."""
    result = []
    for frame in frames:
        void = (truths[frame] == VOID) & ignores_void
        mask, truth = (predictions[frame] == id) & ~void, truths[frame] == id
        result.append((region_similarity(mask, truth), contour_accuracy(mask, truth)))
    return result


def counted(protocol, truths):
    """The objects that count and the frames in which they do."""
    if protocol == "youtube-vos":
        ids = sorted(set(np.concatenate([np.unique(t) for t in truths])) - {0, VOID})
        first = {id: next(i for i, t in enumerate(truths) if (t == id).any()) for id in ids}
        return {int(id): range(first[id] + 1, len(truths)) for id in ids}
    count = int(np.where(truths[0] == VOID, 0, truths[0]).max())
    return {id: range(1, len(truths) - 1) for id in range(1, count + 1)}


def evaluate(protocol, sequences, ignores_void):
    """Objects in the order of sequences and ids, and the means over them."""
    objects = []
    for sequence in sequences:
        pair = [np.array(masks) for masks in (sequence["prediction"], sequence["truth"])]
        if protocol == "davis-2016":
            pair = [(masks != 0).astype(np.uint8) for masks in pair]
        for id, frames in counted(protocol, pair[1]).items():
            values = scores(*pair, id, frames, ignores_void)
            objects.append({
                "sequence": sequence["name"], "id": id, "frames": list(map(list, values)),
                "region": statistics([j for j, _ in values]),
                "boundary": statistics([f for _, f in values])})
    means = {
        score: np.mean([o[score] for o in objects], axis=0).tolist()
        for score in ("region", "boundary")}
    return {"protocol": protocol, "ignoresVoid": ignores_void,
            "sequences": [s["name"] for s in sequences], "objects": objects, **means}


def blobs(random, shape, levels):
    field = gaussian_filter(random.standard_normal(shape), 4, mode="wrap")
    return np.digitize(field / field.std(), levels).astype(np.uint8)


def synthetic(random, name, count, shape, levels):
    """Blobs that move; predictions drift away from them, more and more."""
    first, other = blobs(random, shape, levels), blobs(random, shape, levels)
    truth, prediction = [], []
    for frame in range(count):
        moved = np.roll(first, (frame, 2 * frame), (0, 1))
        seen = np.roll(moved, (frame // 3, frame // 2), (0, 1))
        seen[: shape[0] * frame // (2 * count)] = other[: shape[0] * frame // (2 * count)]
        truth.append(moved.copy())
        prediction.append(seen)
    return {"name": name, "truth": truth, "prediction": prediction}


def sequences(clip):
    random = np.random.default_rng(8)
    drifting = synthetic(random, "drifting", 11, (24, 70), [0.4, 1.2])
    for mask in drifting["truth"]:
        mask[3:6, 8:30] = VOID
    lost = synthetic(random, "lost", 6, (40, 64), [0.9])
    lost["prediction"][2][:] = 0
    lost["truth"][3][:] = 0
    lost["truth"][4][:] = lost["prediction"][4][:] = 0
    late = synthetic(random, "late", 9, (30, 33), [0.2, 0.9, 1.4])
    for frame in range(4):
        late["truth"][frame][late["truth"][frame] == 2] = 0
    cut = [
        np.array(Image.open(path))[::4, ::4][10:50, 20:100]
        for path in sorted((clip / "masks").glob("*.png"))[:8]]
    still = {"name": "sample", "truth": cut, "prediction": [cut[0]] + cut[:-1]}
    return [drifting, lost, late, still]


def main():
    here = pathlib.Path(__file__).parent
    clip = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "../../../SampleWeights/clip"
    all = sequences(clip)
    davis = [s for s in all if s["name"] != "late"]
    cases = [
        evaluate("davis-2017", davis, False), evaluate("davis-2017", davis, True),
        evaluate("davis-2016", all, False), evaluate("youtube-vos", all, True)]
    content = {
        "sequences": [
            {"name": s["name"], "width": int(s["truth"][0].shape[1]),
             **{side: ["".join("v" if i == VOID else str(i) for i in mask.ravel())
                       for mask in s[side]] for side in ("truth", "prediction")}}
            for s in all],
        "cases": cases}
    with open(here / "evaluation.json", "w") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
    for case in cases:
        print(case["protocol"], case["region"], case["boundary"])


main()
