"""Keep the first object of a golden file that holds two, so that it is half the size.

usage: one_object.py GOLDEN.safetensors OUT.safetensors AGGREGATION.safetensors
needs: numpy safetensors

The objects of a space-time memory network run independently until their probabilities are
aggregated, so the first object's rows are what PyTorch computed for it. The two tensors before and
after the aggregation, which needs both objects, go to AGGREGATION.
"""
import sys

from safetensors.numpy import load_file, save_file

golden = load_file(sys.argv[1])
aggregation = {n: golden[n] for n in ("segment/object_probability", "segment/probability")}
del golden["segment/probability"]
one = {
    name: values if name == "input/frames" else values[:1].copy()
    for name, values in golden.items()
}
save_file(one, sys.argv[2])
save_file(aggregation, sys.argv[3])
