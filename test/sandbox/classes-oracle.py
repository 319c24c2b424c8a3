"""What functions see of a column of classes, in `datasets` and in the sandbox's emulation of it; prints what differs."""

import json
import logging
from types import SimpleNamespace

import datasets
from sampler_box import dataset as stand_in
from sampler_box import features as emulated

datasets.disable_progress_bars()
datasets.disable_caching()
logging.disable(logging.CRITICAL)

NAMES = ['no', ' yes ', '7', 'é']
REAL = datasets
OURS = SimpleNamespace(Dataset=stand_in.Dataset, Features=emulated.Features, Value=emulated.Value, ClassLabel=emulated.ClassLabel)


def rows_of(lib):
    features = lib.Features({'q': lib.Value('string'), 'label': lib.ClassLabel(names=NAMES)})
    return lib.Dataset.from_dict({'q': ['a', 'b', 'c', 'd'], 'label': [0, 3, None, -1]}, features=features)


def label(docs):
    return docs.features['label']


def known(docs):
    return docs.filter(lambda row: row['label'] in (0, 3))


def asking(method, value):
    return lambda docs, lib: getattr(label(docs), method)(value)


def mapping(value):
    return lambda docs, lib: docs.map(lambda row: {'label': value})


NUMBERS = [0, 3, True, -1, 4, 1.0, 2.7, None, '0', [0, 1], (3,), [], [0.0, 1.9], [None], range(2), {1, 2}, [-1], [4.0]]
TEXTS = ['no', ' yes ', 'yes', ' no ', '7', '2', ' 2 ', '-1', '-2', '4', 'x', '', 3, None, ['no', '1'], ('é',), [2, 7], [], [1.0], '1_0', '٣']
CASES = {
    **{f'int2str {value!r}': asking('int2str', value) for value in NUMBERS},
    **{f'str2int {value!r}': asking('str2int', value) for value in TEXTS},
    **{f'encode_example {value!r}': asking('encode_example', value) for value in ('no', 2, -1, 9, 'x')},
    **{f'map to {value!r}': mapping(value) for value in (1, -5, 4, '2', 'no', 'x', True, 1.0, 1.5, 9.0, None, [1], {'a': 1}, b'no')},
    **{f'attribute {name}': (lambda name: lambda docs, lib: getattr(label(docs), name))(name)
       for name in ('names', 'num_classes', 'dtype', 'id', '_type', '_int2str', '_str2int')},
    'features': lambda docs, lib: [repr(docs.features), list(docs.features), repr(docs.features.copy())],
    'kinds': lambda docs, lib: [isinstance(label(docs), lib.ClassLabel), isinstance(docs.features['q'], lib.Value)],
    'names of features': lambda docs, lib: [type(feature).__name__ for feature in docs.features.values()],
    'rows': lambda docs, lib: [docs['label'], list(docs), docs[1:3]],
    'a name beside the number': lambda docs, lib: known(docs).map(lambda row: {'name': label(docs).int2str(row['label'])}),
    'a name in its place': lambda docs, lib: known(docs).map(lambda row: {'label': label(docs).int2str(row['label'])}),
    'the next number': lambda docs, lib: docs.map(lambda row: {'label': (row['label'] or 0) + 1}),
    'equal': lambda docs, lib: [label(docs) == lib.ClassLabel(names=NAMES), label(docs) == lib.ClassLabel(names=['a'])],
    'cast of texts': lambda docs, lib: docs.cast_column('q', lib.ClassLabel(names=['a', 'b', 'c', 'd'])),
    'cast of texts without a name': lambda docs, lib: docs.cast_column('q', lib.ClassLabel(names=['a', 'b'])),
    'cast to text': lambda docs, lib: docs.cast_column('label', lib.Value('string')),
    'cast to smaller numbers': lambda docs, lib: docs.cast_column('label', lib.Value('int32')),
    'cast to more classes': lambda docs, lib: docs.cast_column('label', lib.ClassLabel(names=list('abcde'))),
    'cast to fewer classes': lambda docs, lib: docs.cast_column('label', lib.ClassLabel(names=['a'])),
    'made by number': lambda docs, lib: [lib.ClassLabel(num_classes=3).names, lib.ClassLabel(3).num_classes, lib.ClassLabel(3).int2str(1)],
    'made twice over': lambda docs, lib: repr(lib.ClassLabel(num_classes=2, names=['a', 'b'])),
    'made of names of another number': lambda docs, lib: lib.ClassLabel(num_classes=3, names=['a', 'b']),
    'made of equal names': lambda docs, lib: lib.ClassLabel(names=['a', 'a']),
    'made of nothing': lambda docs, lib: lib.ClassLabel(),
    'made of a set': lambda docs, lib: lib.ClassLabel(names={'a'}),
    'made of numbers': lambda docs, lib: [lib.ClassLabel(names=[3, 4]).int2str(0), lib.ClassLabel(names=[3, 4]).names],
    'made of a tuple': lambda docs, lib: lib.ClassLabel(names=('a', 'b')).names,
    'renamed': lambda docs, lib: docs.rename_column('label', 'class'),
    'alone': lambda docs, lib: docs.remove_columns('q'),
    'unique': lambda docs, lib: docs.unique('label'),
    'sorted': lambda docs, lib: known(docs).sort('label', reverse=True),
}


def outcome(case, lib):
    try:
        got = case(rows_of(lib), lib)
        return repr([got.column_names, list(got), repr(got.features)] if hasattr(got, 'column_names') else got)
    except Exception as error:
        return f'raises {type(error).__name__}'


for name, case in CASES.items():
    want, have = outcome(case, REAL), outcome(case, OURS)
    if want != have:
        print(json.dumps({'case': name, 'want': want, 'have': have}))
print('compared', len(CASES))
