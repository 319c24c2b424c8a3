"""What the real harness, lm-eval 0.4.9, makes of our own tasks and rows: `record_expected.py DATA`, DATA as own-data.ts writes it.

One JSON line for each instance of each case of cases.json, then the digests of a few of the harness's own tasks over rows of
ours. The harness gives documents, contexts, worked examples and the arguments of requests; pydantic prints them, with the fields
in the order, and with the defaults, of docs/rules/payload.md. Lengths follow PAYLOAD-12. Nothing here comes from lib/.
"""

import hashlib
import json
import logging
import random
import sys
from pathlib import Path
from typing import Dict, List, Optional, Union

HERE = Path(__file__).parent
DIGESTED = {
    "gsm8k": ("gsm8k", 5),
    "bbh_cot_fewshot_boolean_expressions": ("bbh_cot_fewshot_boolean_expressions", 3),
    "mmlu_anatomy": ("mmlu_anatomy_generative", 5),
}
CHAT, TEXT = "/v1/chat/completions", "/v1/completions"

sys.path.insert(0, str(HERE.parents[1] / "helpers"))
from unused_modules import stand_in

stand_in()

import datasets
import pyarrow
import pyarrow.parquet
from lm_eval.models.openai_completions import LocalChatCompletion, LocalCompletionsAPI
from lm_eval.tasks import TaskManager
from lm_eval.utils import simple_parse_args_string
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, ConfigDict, Field


class ChatRequest(BaseModel):
    """PAYLOAD-2: messages and model, then the API's fields by name; others are kept behind them."""

    model_config = ConfigDict(extra="allow")
    messages: List[ChatCompletionMessageParam]
    model: str
    frequency_penalty: Optional[float] = 0.0
    max_tokens: Optional[int] = None
    presence_penalty: Optional[float] = 0.0
    seed: Optional[int] = None
    stop: Optional[Union[str, List[str]]] = Field(default_factory=list)
    temperature: Optional[float] = None
    top_p: Optional[float] = None


class CompletionRequest(BaseModel):
    """PAYLOAD-3: model and prompt, then the API's fields by name; others are dropped."""

    model: str
    prompt: str
    echo: Optional[bool] = False
    logprobs: Optional[int] = None
    max_tokens: Optional[int] = 16
    seed: Optional[int] = None
    stop: Optional[Union[str, List[str]]] = Field(default_factory=list)
    temperature: Optional[float] = None
    top_p: Optional[float] = None


def model_of(path):
    kind = LocalChatCompletion if path == CHAT else LocalCompletionsAPI
    return kind(
        base_url="http://localhost", model="pocket_network", tokenizer_backend=None, tokenized_requests=False,
        max_gen_toks=1024, max_retries=1,
    )


class Loader:
    """Reads data sets from DATA, their rows numbered over all splits (TABLE-3).

    The Python service's documents hold the number, so that a worked example equals a document only where it is the same row. It has
    no loglikelihood requests: there the harness's own documents count, which have no number (FEWSHOT-4).
    """

    def __init__(self, data: Path):
        self.data, self.numbered, self.starts = data, True, {}

    def __call__(self, path, name=None, **_):
        folder = self.data / path / (name or "default")
        usual = ["train", "validation", "test"]
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
        splits, start = datasets.DatasetDict(), 0
        for split in [s for s in usual if s in names] + [s for s in names if s not in usual]:
            table = pyarrow.parquet.read_table(folder / split / "0000.parquet")
            self.starts[split] = start
            ids = pyarrow.array(range(start, start + table.num_rows))
            splits[split] = datasets.Dataset(table.add_column(0, "__id", ids) if self.numbered else table)
            start += table.num_rows
        return splits


def tokens(text):
    return int(len(text.split(" ")) / 0.75)


def requests(manager, loader, name, case):
    """The instances of a case, in the order of documents and choices, each with what is sent for it."""
    path = case.get("path", CHAT)
    loader.numbered = manager._get_config(name)["output_type"] != "multiple_choice"
    task = manager.load_task_or_group(name)[name]
    split = task.config.test_split or task.config.validation_split
    if "doc_ids" in case:
        task.dataset[split] = task.dataset[split].filter(lambda row: row["__id"] in case["doc_ids"])
    given = case.get("gen_kwargs", {})
    if isinstance(given, str):
        given = simple_parse_args_string(given)
    if given:
        task.set_config(key="generation_kwargs", value=dict(sorted(given.items())), update=True)
    if task.config.num_fewshot != 0:
        task.set_config(key="num_fewshot", value=case.get("num_fewshot", 0))
    task.set_fewshot_seed(seed=1234)
    model = model_of(path)
    task.build_all_requests(
        rank=0,
        world_size=1,
        system_instruction=case.get("system_instruction"),
        apply_chat_template=path == CHAT,
        fewshot_as_multiturn=path == CHAT and case.get("fewshot_as_multiturn", True),
        chat_template=model.apply_chat_template if path == CHAT else None,
        tokenizer_name="",
    )
    for instance in task.instances:
        doc = instance.doc
        if not loader.numbered:
            doc = {"__id": loader.starts[split] + instance.doc_id, **doc}
        yield request(model, path, instance, doc)


def request(model, path, instance, doc):
    generates = instance.request_type == "generate_until"
    context, second = instance.args
    if path == CHAT:
        messages = model.create_message([context])
        payload = model._create_payload(messages, generate=True, gen_kwargs=dict(second), seed=1234, eos=None)
        data = ChatRequest(**payload).model_dump_json(exclude_defaults=True)
        length = sum(tokens(message["content"]) + 2 for message in messages)
        first = context.prompt
    else:
        prompt = context if generates else context + second
        gen_kwargs = dict(second) if generates else {}
        payload = model._create_payload(prompt, generate=generates, gen_kwargs=gen_kwargs, seed=1234, eos=None)
        data = CompletionRequest(**payload).model_dump_json(exclude_defaults=True)
        length, first = tokens(prompt), context
    return {
        "doc_id": doc["__id"],
        "idx": instance.idx,
        "request_type": instance.request_type,
        "repeats": instance.repeats,
        "ctxlen": length,
        "doc": text(doc),
        "arguments": text([first, second]),
        "data": data,
    }


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main(data: Path):
    logging.disable(logging.WARNING)
    datasets.load_dataset = loader = Loader(data)
    datasets.disable_progress_bars()
    random.seed(0)
    manager = TaskManager(include_path=str(HERE / "tasks"))
    for name, case in json.loads((HERE / "cases.json").read_text()).items():
        for line in requests(manager, loader, case["tasks"], case):
            print(text({"case": name, **line}))
    for asked, (twin, shots) in DIGESTED.items():
        for path in (CHAT, TEXT):
            digest, count = hashlib.sha256(), 0
            for line in requests(manager, loader, twin if path == CHAT else asked, {"path": path, "num_fewshot": shots}):
                count += 1
                digest.update(text([line[key] for key in ("doc_id", "idx", "arguments", "data")]).encode())
            print(text({"digest": f"{asked} {path}", "value": f"{count} {digest.hexdigest()}"}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
