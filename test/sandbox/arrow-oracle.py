"""Maps made-up columns in `datasets` and in the sandbox's emulation of it, and prints what differs: `arrow-oracle.py SEED COUNT`."""

import datetime
import json
import logging
import random
import sys

import datasets
from sampler_box import dataset as stand_in

datasets.disable_progress_bars()
datasets.disable_caching()
logging.disable(logging.CRITICAL)

SEED, COUNT = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(SEED)
ATOMS = {
    'str': ['', 'a', '1', '-3', '1.0', '0', 'True', 'false', 'x y', 'é😀', '0x1F', '+1', ' 1', '1e5', 'nan', 'inf', '-inf', '1.', '.5', '1_0',
            '007', '9223372036854775808', '-0', 'true ', 'TRUE', 't', 'Infinity', '1e400', '--1'],
    'int': [0, 1, 2, -1, 5, 127, 128, 255, 300, -129, 2 ** 31, 2 ** 53 + 1, 2 ** 62, -2 ** 63],
    'big': [2 ** 63, 2 ** 64, -2 ** 63 - 1, 1],
    'float': [0.0, -0.0, 1.0, 0.25, 1.5, float('nan'), float('inf'), 1e300, 3.0, -2.0, 1e-320, 16777217.0],
    'bool': [True, False],
    'none': [None],
    'bytes': [b'', b'a', b'\xff'],
    'date': [datetime.date(2020, 1, 5)],
    'moment': [datetime.datetime(2020, 1, 2, 3, 4, 5)],
}
KINDS = ['str'] * 3 + ['int'] * 3 + ['float'] * 2 + ['bool'] * 2 + ['none', 'bytes', 'date', 'moment', 'big']


def shape(depth=0):
    chance = rng.random()
    if depth < 2 and chance < 0.18:
        return ('list', shape(depth + 1))
    if depth < 2 and chance < 0.33:
        return ('struct', [(name, shape(depth + 1)) for name in rng.sample('abc', rng.randint(1, 3))])
    return rng.choice(KINDS)


def value(form, noise):
    if rng.random() < 0.08:
        return None
    if rng.random() < noise:
        form = shape(1)
    if isinstance(form, str):
        return rng.choice(ATOMS[form])
    if form[0] == 'list':
        return rng.choice([list, list, list, tuple])(value(form[1], noise) for _ in range(rng.randint(0, 3)))
    return {name: value(item, noise) for name, item in form[1] if rng.random() < 0.9}


def shown(item):
    if isinstance(item, (list, tuple)):
        return [shown(x) for x in item]
    if isinstance(item, dict):
        return [[name, shown(x)] for name, x in item.items()]
    return f'{type(item).__name__} {item.hex() if isinstance(item, float) and item == item else item}'


def mapped(make, columns, plan, popped, in_place):
    rows = iter(plan)

    def function(row):
        new = next(rows)
        for name in popped:
            row.pop(name)
        if not in_place:
            return new
        for name, item in new.items():
            row[name] = item
        return row

    try:
        result = make(columns).map(function)
        return [list(result.features), [shown(result[i]) for i in range(len(result))]]
    except Exception:
        return 'raises'


for case in range(COUNT):
    count = rng.choice([1, 2, 3, 4])
    names = rng.sample('pqr', rng.randint(1, 3))
    shapes = {name: shape() for name in names}
    columns = {name: [value(shapes[name], 0) for _ in range(count)] for name in names}
    plan = [{} for _ in range(count)]
    for name in rng.sample('pqst', rng.randint(1, 3)):
        form = shape() if rng.random() < 0.7 else shapes.get(name, shape())
        for row in plan:
            row[name] = value(form, 0.03)
    popped = [rng.choice(names)] if rng.random() < 0.1 and len(names) > 1 else []
    in_place = rng.random() < 0.3
    want = mapped(datasets.Dataset.from_dict, columns, plan, popped, in_place)
    have = mapped(stand_in.Dataset.from_dict, columns, plan, popped, in_place)
    if want != have:
        print(json.dumps({'case': case, 'columns': repr(columns), 'plan': repr(plan), 'want': want, 'have': have}))
print('compared', COUNT)
