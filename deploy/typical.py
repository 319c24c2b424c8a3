"""What functions of tasks typically do, for who makes the image: what V8 compiles of Python over it is kept. Of our own making."""

import ast
import json
import random
import re
import string
from collections import Counter
from functools import partial

import datasets

LETTERS = ["A", "B", "C", "D"]


def cleaned(text):
    text = text.strip()
    text = text.replace(" [head]", ". ")
    text = re.sub("\\[.*?\\]", "", text)
    text = re.sub(r"\s+", " ", text)
    return text.replace("  ", " ")


def rewritten(dataset):
    def one(doc):
        begin = doc["begin"] + " " + doc["rest"].capitalize()
        return {
            "query": cleaned(doc["topic"] + ": " + begin),
            "choices": [cleaned(end) for end in doc["ends"]],
            "gold": int(doc["label"]),
        }

    return dataset.map(one)


def chosen(dataset):
    return dataset.filter(lambda doc: doc["kind"] == "first")


def chosen_in_part(dataset, kind):
    return dataset.filter(lambda example: example["kind"] == kind)


second = partial(chosen_in_part, kind="second")


def shuffled(dataset):
    def one(doc):
        ends = [cleaned(end) if end else " " for end in doc["ends"]]
        random.shuffle(ends)
        at = ends.index(cleaned(doc["ends"][int(doc["label"])]))
        doc["letters"] = [f"({LETTERS[i]}) {end}" for i, end in enumerate(ends)]
        doc["answer"] = LETTERS[at]
        doc["about"] = {"topic": doc["topic"], "count": len(ends), "share": at / len(ends), "none": None}
        return doc

    return dataset.map(one)


def multiplied(dataset):
    rows = []
    for doc in dataset:
        for i, end in enumerate(doc["ends"]):
            rows.append({"question": f"{doc['topic']} {i + 1}?", "end": end, "right": str(i) == doc["label"], "weight": 1.5 * i})
    return datasets.Dataset.from_list(rows)


def text_of(doc):
    ends = "\n".join(f"{letter}. {end}" for letter, end in zip(LETTERS, doc["ends"]))
    return "Topic: {}\n{}\n{}\nAnswer:".format(doc["topic"], doc["begin"], ends)


def choices_of(doc):
    return [end.lower().rstrip(string.punctuation) for end in doc["ends"]]


def target_of(doc):
    return " " + LETTERS[int(doc["label"])]


def literal_of(doc):
    values = ast.literal_eval(str(doc["ends"]))
    return {"first": values[0], "counts": Counter(len(value) for value in values).most_common(2), "pair": (1, 2.5)}


def evaluated(doc):
    try:
        return eval("[x for x in " + repr(doc["ends"]) + " if len(x) > 3]")
    except (SyntaxError, ValueError) as error:
        return [str(error)]


def sorted_words(doc):
    words = sorted(set(re.findall(r"[a-zA-Z]+", doc["begin"])), key=lambda word: (-len(word), word))
    return json.loads(json.dumps({"words": words, "longest": max(map(len, words), default=0)}))


def scored(doc, answers):
    given = [re.sub(r"[^\w\s]", "", answer).lower().split() for answer in answers]
    wanted = doc["topic"].lower().split()
    common = [sum((Counter(words) & Counter(wanted)).values()) for words in given]
    return {"match": float(max(common, default=0) > 0), "f1": sum(common) / max(1, len(wanted))}
