"""Values that functions give, as JSON can carry them: what JSON has no word for goes into an object with one key."""

import base64
import datetime
import decimal

from sampler_box import numbers, refusing

PLAIN = (type(None), bool, int, float, str)
# What a value of a class of the task's own holds, whatever that class makes of it.
HELD = ((int, int.__int__), (float, float.__float__), (str, str.__str__))
# Python prints any number with fewer bits, whatever limit a task sets it.
SHORT_BITS = 2100
# Deeper values are refused, not followed.
DEEPEST = 100


def encoded(value, depth=0):
    kind = type(value)
    if kind in PLAIN:
        if kind is int and value.bit_length() > SHORT_BITS:
            str(value)  # raises where it is too long to be printed
        return value
    if depth > DEEPEST:
        raise ValueError(f'the value is nested more than {DEEPEST} deep')
    if kind is list:
        return [encoded(item, depth + 1) for item in value]
    if kind is tuple:
        return {'$tuple': [encoded(item, depth + 1) for item in value]}
    if kind is dict:
        return {'$dict': [[encoded(name, depth + 1), encoded(item, depth + 1)] for name, item in value.items()]}
    if isinstance(value, refusing.Placeholder):
        raise refusing.Unavailable(f'{value._name} is not in the sandbox')
    if isinstance(value, numbers.float64):
        return {'$numpy': ['float64', value.value]}
    if isinstance(value, numbers.Scalar):
        return {'$numpy': [value.dtype.name, value.value]}
    if isinstance(value, numbers.ndarray):
        return {'$array': encoded(value.tolist(), depth + 1)}
    if isinstance(value, (bytes, bytearray)):
        return {'$bytes': base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return {'$datetime': text(value.isoformat())}
    if isinstance(value, datetime.date):
        return {'$date': text(value.isoformat())}
    if isinstance(value, datetime.time):
        return {'$time': text(value.isoformat())}
    if isinstance(value, datetime.timedelta):
        return {'$seconds': [int.__int__(part) for part in (value.days, value.seconds, value.microseconds)]}
    if isinstance(value, decimal.Decimal):
        return {'$decimal': str(value)}
    for plain, held in HELD:
        if issubclass(kind, plain):
            return encoded(held(value))
    if isinstance(value, list):
        return [encoded(item, depth + 1) for item in value]
    if isinstance(value, tuple):
        return {'$tuple': [encoded(item, depth + 1) for item in value]}
    if isinstance(value, dict):
        return {'$dict': [[encoded(name, depth + 1), encoded(item, depth + 1)] for name, item in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {'$set': [encoded(item, depth + 1) for item in value]}
    return {'$other': f'{kind.__name__}: {value!r}'[:200]}


def text(given):
    """A text that a class of the task's own gave. Raises TypeError where it is none."""
    return str.__str__(given)


def decoded(value):
    """What {@link encoded} made, and plain JSON, whose objects are dicts."""
    kind = type(value)
    if kind is list:
        return [decoded(item) for item in value]
    if kind is not dict:
        return value
    if len(value) == 1:
        (tag, content), = value.items()
        read = READERS.get(tag)
        if read is not None:
            return read(content)
    return {name: decoded(item) for name, item in value.items()}


def decoded_dict(pairs):
    return {decoded(name): decoded(item) for name, item in pairs}


READERS = {
    '$tuple': lambda items: tuple(decoded(item) for item in items),
    '$dict': decoded_dict,
    '$set': lambda items: {decoded(item) for item in items},
    '$numpy': lambda pair: getattr(numbers, pair[0] if pair[0] != 'bool' else 'bool_')(pair[1]),
    '$array': lambda items: numbers.array(decoded(items)),
    '$bytes': base64.b64decode,
    '$datetime': datetime.datetime.fromisoformat,
    '$date': datetime.date.fromisoformat,
    '$time': datetime.time.fromisoformat,
    '$seconds': lambda parts: datetime.timedelta(*parts),
    '$decimal': decimal.Decimal,
}


def has_tags(kind):
    """Whether values of a column of that type need tags to cross."""
    if isinstance(kind, str):
        return kind == 'binary' or kind[:4] in ('date', 'time', 'dura')
    if kind[0] == 'list':
        return has_tags(kind[1])
    if kind[0] == 'struct':
        return any(has_tags(item) for _, item in kind[1])
    return kind[0] == 'decimal'


def has_words(kind):
    """Whether values of a column of that type could be taken for tags as they are."""
    if isinstance(kind, str):
        return False
    if kind[0] == 'list':
        return has_words(kind[1])
    if kind[0] == 'struct':
        return len(kind[1]) == 1 and kind[1][0][0] in WORDS or any(has_words(item) for _, item in kind[1])
    return False


WORDS = frozenset((*READERS, '$other'))


def crossing(value):
    """A value of a column for JSON: structs stay objects, and only what JSON has no word for, or another one, gets a tag."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind is list:
        return [crossing(item) for item in value]
    if kind is dict:
        if len(value) == 1 and not WORDS.isdisjoint(value):
            return {'$dict': [[name, crossing(item)] for name, item in value.items()]}
        return {name: crossing(item) for name, item in value.items()}
    return encoded(value)
