"""What the real harness, lm-eval 0.4.9, makes of answers to our own tasks, whose functions are in `tasks`: one JSON line a document.

It asks about our rows, gets made-up answers in the place of a model's, applies its filters and calls `process_results`, as
`lm_eval/evaluator.py` does. Nothing here comes from lib/.
"""

import json
import logging
import sys
from pathlib import Path

HERE = Path(__file__).parent

sys.path.insert(0, str(HERE.parents[1] / "helpers"))
from unused_modules import stand_in

stand_in("evaluate")
logging.disable(logging.CRITICAL)

import datasets
from lm_eval.tasks import TaskManager, get_task_dict

GIVEN = json.loads((HERE / "rows.json").read_text(encoding="utf-8"))
ROWS = GIVEN["rows"]
datasets.load_dataset = lambda *_, **__: datasets.DatasetDict({"test": datasets.Dataset.from_list(ROWS)})


def told(value):
    """As JSON: what the harness would print as text where JSON has no form for it."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (list, tuple)):
        return [told(item) for item in value]
    if isinstance(value, dict):
        return {key: told(item) for key, item in value.items()}
    return value


def scored(task, round_of):
    """Each document with the answers of one round."""
    task.build_all_requests()
    by_doc = {}
    for request in task.instances:
        by_doc.setdefault(request.doc_id, []).append(request)
    for doc_id, requests in by_doc.items():
        requests.sort(key=lambda request: request.idx)
        for request, answer in zip(requests, round_of(doc_id)):
            request.resps = [answer]
    task.apply_filters()
    for doc_id, requests in by_doc.items():
        line = {"task": task.config.task, "doc_id": doc_id, "given": told([request.resps[0] for request in requests])}
        try:
            line["target"] = told(task.doc_to_target(requests[0].doc))
            metrics = {}
            for name in requests[0].filtered_resps:
                results = [request.filtered_resps[name] for request in requests]
                metrics[name] = told(task.process_results(requests[0].doc, results))
            line["metrics"] = metrics
            if task.OUTPUT_TYPE == "generate_until":
                line["filtered"] = {name: told(left) for name, left in requests[0].filtered_resps.items()}
        except Exception as error:
            line = {**{key: line[key] for key in ("task", "doc_id", "given")}, "raises": type(error).__name__}
        print(json.dumps(line, ensure_ascii=False))


names = sorted(path.stem for path in (HERE / "tasks").glob("*.yaml"))
tasks = get_task_dict(names, TaskManager(include_path=str(HERE / "tasks"), include_defaults=False))
for name in names:
    if tasks[name].OUTPUT_TYPE == "generate_until":
        for answer in GIVEN["answers"]:
            scored(tasks[name], lambda doc_id: [answer])
    else:
        for likelihoods in GIVEN["likelihoods"]:
            scored(tasks[name], lambda doc_id: [tuple(pair) for pair in likelihoods])
