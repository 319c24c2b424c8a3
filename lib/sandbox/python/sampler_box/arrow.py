"""Types of columns, as Arrow infers them from Python's values and casts them (pyarrow, and `datasets.table`).

A type is a name ('null', 'bool', 'int64', 'double', 'string', 'timestamp[us]', ...) or a tuple: ('list', type),
('list', type, length) for a list of fixed length, ('struct', ((name, type), ...)), ('class', (name, ...)), ('decimal', precision, scale).
"""

import datetime
import decimal
import math
import re
import struct

from collections.abc import Mapping
from sampler_box import numbers


class ArrowException(Exception):
    pass


class ArrowInvalid(ValueError, ArrowException):
    pass


class ArrowTypeError(TypeError, ArrowException):
    pass


class ArrowNotImplementedError(NotImplementedError, ArrowException):
    pass


# What Arrow's cast refuses: the column then gets the type that its values have.
REFUSED = (TypeError, ArrowInvalid, ArrowNotImplementedError)

INTS = {f'{sign}int{bits}': (0 if sign else -(2 ** (bits - 1)), 2 ** (bits if sign else bits - 1) - 1)
        for bits in (8, 16, 32, 64) for sign in ('', 'u')}
FLOATS = {'double': 53, 'float': 24, 'halffloat': 11}
ALIASES = {'int': 'int64', 'float': 'double', 'float64': 'double', 'float32': 'float', 'float16': 'halffloat', 'large_string': 'string',
           'large_binary': 'binary'}
TEXTS = {'string': str, 'binary': bytes}


def type_of(spelled, top=True):
    """The type as this module writes it; what comes from outside is a name or a list."""
    if isinstance(spelled, str):
        if spelled == 'float':
            return 'double'
        return ALIASES.get(spelled, spelled)
    kind = spelled[0]
    if kind == 'list':
        return ('list', type_of(spelled[1]), *spelled[2:3])
    if kind == 'struct':
        return ('struct', tuple((name, type_of(item)) for name, item in spelled[1]))
    if kind == 'class':
        return ('class', tuple(spelled[1]))
    if kind == 'arrow':
        return spelled[1]
    return tuple(spelled)


# ------------------------------------------------------------------------------------------------- inference
KINDS = {type(None): 'null', bool: 'bool', float: 'double', datetime.date: 'date32[day]', datetime.time: 'time64[us]',
         datetime.timedelta: 'duration[us]'}


def infer(value):
    """The type that Arrow gives one value."""
    kind = KINDS.get(type(value))
    if kind is not None:
        return kind
    if type(value) is str:
        # Arrow keeps UTF-8, which has no half surrogate pairs.
        if not value.isascii():
            value.encode()
        return 'string'
    if type(value) is int:
        return int_type(value)
    if isinstance(value, numbers.Scalar):
        return value.dtype.arrow
    if isinstance(value, numbers.ndarray):
        return of_array(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ('list', infer_all(value))
    if isinstance(value, Mapping):
        return struct_of(value)
    if isinstance(value, bool):
        return 'bool'
    if isinstance(value, int):
        return int_type(int(value))
    if isinstance(value, float):
        return 'double'
    if isinstance(value, str):
        value.encode()
        return 'string'
    if isinstance(value, (bytes, bytearray, memoryview)):
        return 'binary'
    if isinstance(value, datetime.datetime):
        return 'timestamp[us]' if value.tzinfo is None else f'timestamp[us, tz={zone_of(value)}]'
    if isinstance(value, decimal.Decimal):
        return decimal_type(value)
    raise ArrowInvalid(f'Could not convert {value!r:.200} with type {type(value).__name__}: did not recognize Python value type when '
                       'inferring an Arrow data type')


def int_type(value):
    if -(2 ** 63) <= value < 2 ** 63:
        return 'int64'
    if 2 ** 63 <= value < 2 ** 64:
        return 'uint64'
    raise OverflowError('int too big to convert')


def of_array(array):
    if array.ndim == 1:
        return ('list', array.dtype.arrow)
    return ('list', infer_all(list(array)))


def struct_of(value):
    fields = []
    for name, item in value.items():
        if not isinstance(name, str):
            raise ArrowTypeError(f'Expected dict key of type str or bytes, got {type(name).__name__!r}')
        fields.append((str(name), infer(item)))
    return ('struct', tuple(fields))


def zone_of(value):
    key = getattr(value.tzinfo, 'key', None)
    if key is not None:
        return key
    offset = value.utcoffset()
    if not offset:
        return 'UTC'
    minutes = int(offset.total_seconds() // 60)
    return f'{"-" if minutes < 0 else "+"}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}'


def decimal_type(value):
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return ('decimal', 0, 0)
    scale = max(0, -exponent)
    return ('decimal', max(len(digits) + max(exponent, 0), scale), scale)


def infer_all(values):
    """The type of a column of these values."""
    found = 'null'
    last = None
    for value in values:
        kind = type(value)
        # Most columns hold values of one plain type.
        if kind is last and (kind is str and value.isascii() or kind is bool or kind is float):
            continue
        found = merge(found, infer(value), value)
        last = kind
    return found


def merge(known, new, value=None):
    """The type of a column that holds values of both types."""
    if known == new or new == 'null':
        return known
    if known == 'null':
        return new
    if isinstance(known, str) and isinstance(new, str):
        numeric = known in INTS or known in FLOATS, new in INTS or new in FLOATS
        if all(numeric):
            return wider(known, new)
        if {known, new} == {'string', 'binary'}:
            return 'binary'
        if known.startswith('timestamp') and new.startswith('timestamp'):
            return known
        if {known, new} == {'date32[day]', 'timestamp[us]'}:
            return 'timestamp[us]'
    elif isinstance(known, tuple) and isinstance(new, tuple) and known[0] == new[0]:
        if known[0] == 'list':
            return ('list', merge(known[1], new[1], value))
        if known[0] == 'struct':
            fields = dict(known[1])
            for name, kind in new[1]:
                fields[name] = merge(fields[name], kind, value) if name in fields else kind
            return ('struct', tuple(fields.items()))
        if known[0] == 'decimal':
            scale = max(known[2], new[2])
            return ('decimal', max(known[1] - known[2], new[1] - new[2]) + scale, scale)
    if 'list' in (known[0], new[0]):
        raise ArrowInvalid('cannot mix list and non-list, non-null values')
    if 'struct' in (known[0], new[0]):
        raise ArrowInvalid('cannot mix struct and non-struct, non-null values')
    raise ArrowInvalid(f'Could not convert {value!r:.200} with type {type(value).__name__}: tried to convert to {name_of(known)}')


def wider(known, new):
    for kind in ('double', 'float', 'halffloat'):
        if kind in (known, new):
            return kind
    if known == new:
        return known
    return 'uint64' if 'uint64' in (known, new) else 'int64'


def name_of(kind):
    return kind if isinstance(kind, str) else kind[0]


# ------------------------------------------------------------------------------------------------- conversion
def convert(value, kind):
    """The value as a column of that inferred type gives it back."""
    if value is None or kind == 'null':
        return None
    if isinstance(kind, str):
        if kind == 'string':
            return value if type(value) is str else str(value)
        if kind == 'double':
            return to_double(value)
        if kind == 'bool':
            return bool(value)
        if kind in INTS:
            value = int(value)
            low, high = INTS[kind]
            if not low <= value <= high:
                raise ArrowInvalid(f'Value {value} too large to fit in C integer type' if value > high else
                                   f'Value {value} is out of range')
            return value
        if kind in FLOATS:
            return rounded(float(value), kind)
        if kind == 'binary':
            return value.encode() if isinstance(value, str) else bytes(value)
        if kind.startswith('timestamp') and not isinstance(value, datetime.datetime):
            return datetime.datetime(value.year, value.month, value.day)
        return value
    if kind[0] == 'list':
        return [convert(item, kind[1]) for item in value]
    if kind[0] == 'struct':
        return {name: convert(value.get(name), item) for name, item in kind[1]}
    if kind[0] == 'decimal' and value.is_finite():
        return value.quantize(decimal.Decimal(1).scaleb(-kind[2]), context=decimal.Context(prec=80))
    return value


def to_double(value):
    if type(value) is float:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2 ** 53:
        raise ArrowInvalid(f'Integer value {value} is outside of the range exactly representable by a IEEE 754 double precision value')
    return float(value)


def rounded(value, kind):
    if kind == 'double' or value != value or math.isinf(value):
        return value
    code = '<f' if kind == 'float' else '<e'
    try:
        return struct.unpack(code, struct.pack(code, value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def is_plain(kind):
    """Whether values of the type come back as the objects that went in."""
    return kind in ('string', 'bool', 'int64', 'null')


# ------------------------------------------------------------------------------------------------- casts
def check_cast(have, want, to_text):
    """Whether Arrow casts between the types at all (`cast_array_to_feature`, `array_cast` in datasets/table.py). Raises where not."""
    if have == want or have == 'null':
        return
    if isinstance(have, tuple) and have[0] in ('list', 'struct'):
        if isinstance(want, tuple) and want[0] == have[0]:
            if have[0] == 'list':
                return check_cast(have[1], want[1], to_text)
            wanted = dict(want[1])
            if all(name in wanted for name, _ in have[1]):
                for name, kind in have[1]:
                    check_cast(kind, wanted[name], to_text)
                return
        raise TypeError(f"Couldn't cast array of type {have} to {want}")
    if isinstance(want, tuple) and want[0] in ('list', 'struct') or want == 'null':
        raise TypeError(f"Couldn't cast array of type {have} to {want}")
    if isinstance(want, tuple) and want[0] == 'class':
        # ClassLabel.cast_storage: texts are names, whole numbers are indices.
        if have == 'string' or have in INTS:
            return
        raise TypeError(f"Couldn't cast array of type {have} to ClassLabel")
    if want == 'string':
        if not to_text and (is_primitive(have) or have[0] == 'decimal'):
            raise TypeError(f"Couldn't cast array of type {have} to string")
        return
    if (have, want) in NO_CAST or not castable(have, want):
        raise ArrowNotImplementedError(f'Unsupported cast from {have} to {want}')


NO_CAST = {('bool', 'binary'), ('int64', 'binary'), ('double', 'binary')}


def is_primitive(kind):
    return kind == 'bool' or kind in INTS or kind in FLOATS or (isinstance(kind, str) and kind[:4] in ('date', 'time', 'dura'))


def castable(have, want):
    numbers_ = lambda kind: kind == 'bool' or kind in INTS or kind in FLOATS
    if numbers_(have) and numbers_(want):
        return True
    if have in TEXTS or want in TEXTS:
        return isinstance(want, str)
    decimals = isinstance(have, tuple), isinstance(want, tuple)
    if any(decimals):
        return numbers_(have) or numbers_(want) or all(decimals)
    temporal = lambda kind: isinstance(kind, str) and kind[:4] in ('date', 'time', 'dura')
    if temporal(have) and temporal(want):
        return have[:4] == want[:4] or {have[:4], want[:4]} == {'date', 'time'}
    return have == 'int64' and temporal(want) or temporal(have) and want == 'int64'


def cast(value, want, to_text=False):
    """One value in a column of the wanted type. Raises what Arrow raises where it does not fit."""
    if value is None:
        return None
    if isinstance(want, str):
        if want == 'string':
            return value if isinstance(value, str) else text_of(value)
        if want in INTS:
            return cast_int(value, want)
        if want in FLOATS:
            return rounded(cast_float(value, FLOATS[want]), want)
        if want == 'bool':
            return cast_bool(value)
        if want == 'binary':
            return value.encode() if isinstance(value, str) else value
        return cast_moment(value, want)
    if want[0] == 'list':
        if len(want) > 2 and len(value) != want[2]:
            raise TypeError('lists of other lengths')
        return [cast(item, want[1], to_text) for item in value]
    if want[0] == 'struct':
        return {name: cast(value.get(name), kind, to_text) for name, kind in want[1]}
    if want[0] == 'class':
        return cast_class(value, want[1])
    return decimal.Decimal(value)


def cast_class(value, names):
    if isinstance(value, str):
        text = value.strip()
        if text in names:
            return names.index(text)
        try:
            value = int(text)
        except ValueError:
            raise ValueError(f'Invalid string class label {text}') from None
        if not -1 <= value < len(names):
            raise ValueError(f'Invalid string class label {text}')
        return value
    if value >= len(names):
        raise ValueError(f'Class label {value} greater than configured num_classes {len(names)}')
    return value


INT_TEXT = re.compile(r'-?[0-9]+|0[xX][0-9a-fA-F]{1,16}')
FLOAT_TEXT = re.compile(r'-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?')
FLOAT_WORDS = re.compile(r'[+-]?(?:nan|inf|infinity)', re.I)


def cast_int(value, want):
    low, high = INTS[want]
    if isinstance(value, str):
        if INT_TEXT.fullmatch(value) is None:
            raise ArrowInvalid(f"Failed to parse string: '{value}' as a scalar of type {want}")
        value = int(value, 16 if value[:2] in ('0x', '0X') else 10)
    elif isinstance(value, float):
        if value != value or math.isinf(value) or value != int(value):
            raise ArrowInvalid(f'Float value {value} was truncated converting to {want}')
    elif isinstance(value, decimal.Decimal) and value != value.to_integral_value():
        raise ArrowInvalid('Rescaling Decimal value would cause data loss')
    value = int(value)
    if not low <= value <= high:
        raise ArrowInvalid(f'Integer value {value} not in range: {low} to {high}')
    return value


def cast_float(value, bits):
    if isinstance(value, str):
        if FLOAT_TEXT.fullmatch(value) is None and FLOAT_WORDS.fullmatch(value) is None:
            raise ArrowInvalid(f"Failed to parse string: '{value}' as a scalar of type double")
        return float(value)
    if isinstance(value, int) and abs(value) > 2 ** bits:
        raise ArrowInvalid(f'Integer value {value} not in range: {-2 ** bits} to {2 ** bits}')
    return float(value)


def cast_bool(value):
    if isinstance(value, str):
        if value.lower() in ('true', '1'):
            return True
        if value.lower() in ('false', '0'):
            return False
        raise ArrowInvalid(f"Failed to parse value: {value}")
    return bool(value)


def cast_moment(value, want):
    if isinstance(value, str):
        try:
            if want.startswith('date'):
                return datetime.date.fromisoformat(value)
            if want.startswith('timestamp'):
                return datetime.datetime.fromisoformat(value)
            if want.startswith('time'):
                return datetime.time.fromisoformat(value)
        except ValueError as error:
            raise ArrowInvalid(str(error)) from None
        raise ArrowNotImplementedError(f'Unsupported cast from string to {want}')
    if want.startswith('date') and isinstance(value, datetime.datetime):
        if value.time() != datetime.time():
            raise ArrowInvalid('Casting from timestamp to date would lose data')
        return value.date()
    if want.startswith('timestamp') and not isinstance(value, datetime.datetime) and isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    return value


def text_of(value):
    """What Arrow's cast to text writes."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, float):
        if value == int(value) if math.isfinite(value) else False:
            return str(int(value)) if abs(value) < 1e17 else repr(value)
        return repr(value)
    if isinstance(value, bytes):
        return value.decode()
    return str(value)


# ------------------------------------------------------------------------------------------------- columns
def column(values):
    """Values and type of a column made from Python's values."""
    kind = infer_all(values)
    if is_plain(kind):
        return ([value if value is None or type(value) in PLAIN_TYPES else convert(value, kind) for value in values], kind)
    return [convert(value, kind) for value in values], kind


PLAIN_TYPES = {str, bool, int}


def tried(values, old):
    """A column after a `map`: of its old type where the values can be cast to it, else of the type that they have."""
    values, kind = column(values)
    if old is None or kind == old:
        return values, kind
    try:
        check_cast(kind, old, False)
        return [cast(value, old) for value in values], old
    except REFUSED:
        return values, kind


def forced(values, kind):
    """A column's further values, once its type is settled: they are cast, or refused. Numbers become text here."""
    values, have = column(values)
    if have == kind:
        return values
    check_cast(have, kind, True)
    return [cast(value, kind, True) for value in values]
