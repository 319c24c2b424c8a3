"""Functions of our own tasks: each kind that a definition can name to score answers."""

import re

from lm_eval.api.filter import Filter
from lm_eval.filters.extraction import RegexFilter


def target(doc):
    return [str(doc['age']), doc['name']]


def target_number(doc):
    if doc['name'] == 'Nobody':
        raise ValueError('there is nobody')
    return doc['age']


def choices(doc):
    return (doc['name'], 'nobody', str(doc['age']))


def label(doc):
    return 2 if doc['age'] > 40 else 0


def place(doc):
    return doc['age'] % 2


def sentence(doc):
    return f"{doc['name']} is"


def endings(doc):
    return ['young', 'old', 'a person']


def with_name(resps, docs):
    return [[f"{doc['name']}: {r}" for r in resp] for resp, doc in zip(resps, docs)]


def lazily(resps, docs):
    return map(lambda resp: map(str.upper, resp), resps)


class Numbers(RegexFilter):
    def __init__(self, regex_pattern='([0-9]+)', suffix='', **options):
        super().__init__(regex_pattern=regex_pattern, **options)
        self.suffix = suffix

    def apply(self, resps, docs):
        found = super().apply(resps, docs)
        return [[text + self.suffix for text in texts] for texts in found]


class Shortest(Filter):
    def apply(self, resps, docs):
        return [min(resp, key=len) for resp in resps]


def nearness(references, predictions, scale=1):
    found = re.search('[0-9]+', str(predictions[0]))
    wanted = re.search('[0-9]+', str(references[0]))
    if not found or not wanted:
        return 0.0
    return 1 / (1 + abs(int(found[0]) - int(wanted[0])) / scale)


def pair(items):
    return items


def several(items):
    gold, answer = items
    return {'length': len(str(answer)), 'same': str(gold) == str(answer)}


def exact_match(references, predictions, **options):
    return {'exact_match': float(any(p == r for p, r in zip(predictions, references)))}


def first_pair(items):
    return items[0]


def judged(doc, results):
    return {'seen': ' '.join(doc), 'right': str(doc['age']) in results[0], 'size': len(results[0])}


def judged_choices(doc, results):
    sums = [ll for ll, _ in results]
    return {'best': sums.index(max(sums)), 'greedy': any(is_greedy for _, is_greedy in results)}
