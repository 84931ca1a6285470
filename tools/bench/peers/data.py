"""A workload's data in NumPy, of the shapes and kinds that data.ts makes."""

import numpy as np


def make_data(workload):
    examples = workload["batchSize"] * workload["batches"]
    shape = [examples, *workload["inputShape"]]
    labels = np.arange(examples, dtype=np.int64) * 7 % workload["classes"]
    if "vocabulary" in workload:
        words = np.arange(np.prod(shape), dtype=np.int64) * 7919 % workload["vocabulary"]
        return words.reshape(shape).astype(np.int32), labels
    return np.random.default_rng(1).standard_normal(shape, dtype=np.float32), labels
