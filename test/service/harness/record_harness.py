"""What the real harness, lm-eval 0.4.9, makes of its tasks with Python functions over rows of ours: `record_harness.py DATA [TASK ...]`.

DATA holds data sets in the bucket's layout, as rows.ts writes them. One JSON line for each case of cases.json: a hash over its
instances. With names of tasks also the instances themselves, for whoever looks for a difference. Nothing here comes from lib/.
"""

import hashlib
import importlib.abc
import importlib.machinery
import json
import logging
import random
import sys
import tempfile
from pathlib import Path
from unittest import mock

HERE = Path(__file__).parent
SCORING = {"evaluate", "math_verify", "rouge_score", "sacrebleu", "sklearn", "sympy", "tinyBenchmarks"}


class Anything(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """What only scoring needs, and may be missing: every name of it is there, and does nothing."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in SCORING:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = mock.MagicMock(name=spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Anything())
sys.path.insert(0, str(HERE.parent / "own"))
import datasets  # noqa: E402
import numpy  # noqa: E402
import record_expected as own  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

PATHS = {"generate_until": own.CHAT, "multiple_choice": own.TEXT, "loglikelihood": own.TEXT}


class Loader:
    """Reads data sets as the harness does, from files and with the cache on disk that keeps what a `map` gave the first time."""

    def __init__(self, data, cache):
        self.data, self.cache, self.numbered, self.starts = data, cache, False, {}

    def __call__(self, path, name=None, **_):
        folder = self.data / path / (name or "default")
        usual = ["train", "validation", "test"]
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
        splits, start = datasets.DatasetDict(), 0
        for split in [s for s in usual if s in names] + [s for s in names if s not in usual]:
            rows = datasets.Dataset.from_parquet(str(folder / split / "0000.parquet"), cache_dir=self.cache)
            if self.numbered:
                rows = rows.add_column("__id", range(start, start + len(rows)))
            self.starts[split] = start
            splits[split] = rows
            start += len(rows)
        return splits


def load(manager, loader, name, numbered):
    """As the harness's command line does it: seeds, then the task's constructor, which looks at the split of the examples first."""
    loader.numbered = numbered
    random.seed(0)
    numpy.random.seed(1234)
    return manager.load_task_or_group(name)[name]


def ids(manager, loader, case, task):
    """The documents' numbers: their rows', where each stems from one row and no row gives two; else their positions."""
    count = len(task.eval_docs)
    if case.get("ids") == "all rows":
        # The function does something to every column, so that a number does not come through it.
        return [loader.starts[task.config.test_split or task.config.validation_split] + i for i in range(count)]
    docs = list(load(manager, loader, case["task"], True).eval_docs)
    found = [doc.get("__id") for doc in docs]
    known = all(isinstance(number, int) for number in found) and len(set(found)) == len(found)
    return found if known else list(range(count))


def instances(manager, loader, case):
    if case.get("kept"):
        # A generator of the module's own draws anew each time that the harness looks at a split, until what it gave the first
        # time is on disk: from its second run on the harness reads that, whatever it looks at.
        load(manager, loader, case["task"], False)
    task = load(manager, loader, case["task"], False)
    path = case.get("path", PATHS[task.OUTPUT_TYPE])
    if task.config.num_fewshot != 0:
        task.set_config(key="num_fewshot", value=case.get("num_fewshot", 0))
    task.set_fewshot_seed(seed=1234)
    numbers = ids(manager, loader, case, task)
    model = own.model_of(path)
    task.build_all_requests(
        rank=0,
        world_size=1,
        system_instruction=case.get("system_instruction"),
        apply_chat_template=path == own.CHAT,
        fewshot_as_multiturn=path == own.CHAT and case.get("fewshot_as_multiturn", True),
        chat_template=model.apply_chat_template if path == own.CHAT else None,
        tokenizer_name="",
    )
    for instance in task.instances:
        doc = {"__id": numbers[instance.doc_id], **instance.doc}
        yield own.request(model, path, instance, doc)


def main(data, names):
    logging.disable(logging.ERROR)
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        datasets.load_dataset = loader = Loader(data, cache)
        manager = TaskManager()
        for case in json.loads((HERE / "cases.json").read_text()):
            if names and case["task"] not in names:
                continue
            digest, count = hashlib.sha256(), 0
            try:
                for line in instances(manager, loader, case):
                    count += 1
                    kept = [line[key] for key in ("doc_id", "idx", "ctxlen", "doc", "arguments", "data")]
                    digest.update(own.text(kept).encode())
                    if names:
                        print(own.text(kept))
            except Exception as error:
                print(f"{case['task']}: {error!r}", file=sys.stderr)
                if names:
                    raise
                continue
            print(own.text({"task": case["task"], "instances": count, "sha256": digest.hexdigest()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
