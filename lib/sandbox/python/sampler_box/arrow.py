"""Types of columns, as Arrow infers them from Python's values and casts them (pyarrow, and `datasets.table`).

A type is a name ('null', 'bool', 'int64', 'double', 'string', 'timestamp[us]', ...) or a tuple: ('list', type),
('list', type, length) for a list of fixed length, ('struct', ((name, type), ...)), ('class', (name, ...)), ('decimal', precision, scale).
"""

import datetime
import decimal
import itertools
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
# Kinds of values in the order in which they win where a column has several (`TypeInferrer::GetType`, python/inference.cc).
WINNERS = ('double', 'int64', 'date32[day]', 'time64[us]', 'timestamp', 'duration[us]', 'bool', 'binary', 'string')


class Inferrer:
    """Finds the type of a column. It looks at values until one of them settles it: an int, a list or a dict does not."""
    __slots__ = ('seen', 'items', 'fields', 'decimals', 'zone', 'scalars', 'others')

    def __init__(self):
        self.seen = set()
        self.items = self.fields = self.decimals = self.zone = None
        self.scalars, self.others = [], False

    def visit_all(self, values):
        for value in values:
            if not self.visit(value):
                return

    def visit(self, value):
        """Whether further values are to be looked at."""
        if value is None:
            return True
        kind = type(value)
        if kind is str:
            return self.settle('string')
        if isinstance(value, bool):
            return self.settle('bool')
        if isinstance(value, float):
            return self.settle('double')
        if isinstance(value, int):
            self.seen.add('int64')
            return True
        if isinstance(value, (list, tuple, set, frozenset)):
            return self.visit_list(value)
        if isinstance(value, Mapping):
            return self.visit_dict(value)
        return self.visit_rare(value)

    def settle(self, kind):
        self.seen.add(kind)
        return False

    def visit_list(self, value):
        self.items = self.items or Inferrer()
        self.items.visit_all(items_of(value))
        return True

    def visit_dict(self, value):
        self.fields = {} if self.fields is None else self.fields
        for name, item in pairs_of(value):
            if not isinstance(name, str):
                raise ArrowTypeError(f'Expected dict key of type str or bytes, got {type(name).__name__!r}')
            if name not in self.fields:
                self.fields[text_in(name)] = Inferrer()
            self.fields[name].visit(item)
        return True

    def visit_rare(self, value):
        if isinstance(value, numbers.ndarray):
            self.items = self.items or Inferrer()
            self.items.visit_all(list(value))
            return True
        if isinstance(value, numbers.Scalar):
            self.scalars.append(value.dtype.arrow)
            return True
        if isinstance(value, str):
            return self.settle('string')
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self.settle('binary')
        if isinstance(value, datetime.datetime):
            if 'timestamp' not in self.seen:
                self.zone = None if value.tzinfo is None else zone_of(value)
            return self.settle('timestamp')
        if isinstance(value, datetime.timedelta):
            return self.settle('duration[us]')
        if isinstance(value, datetime.date):
            return self.settle('date32[day]')
        if isinstance(value, datetime.time):
            return self.settle('time64[us]')
        if isinstance(value, decimal.Decimal):
            self.decimals = wider_decimal(self.decimals, decimal_type(value))
            return True
        raise ArrowInvalid(f'Could not convert {told(value)} with type {type(value).__name__}: did not recognize Python value type when '
                           'inferring an Arrow data type')

    def type(self):
        plain = bool(self.seen or self.scalars or self.decimals)
        if self.items is not None:
            if plain or self.fields is not None:
                raise ArrowInvalid('cannot mix list and non-list, non-null values')
            return ('list', self.items.type())
        if self.fields is not None:
            if plain:
                raise ArrowInvalid('cannot mix struct and non-struct, non-null values')
            return ('struct', tuple((name, field.type()) for name, field in self.fields.items()))
        if self.decimals is not None:
            return self.decimals
        if self.scalars:
            return widest(self.scalars + [kind for kind in self.seen if kind in ('int64', 'double')])
        for kind in WINNERS:
            if kind in self.seen:
                if kind != 'timestamp':
                    return kind
                return 'timestamp[us]' if self.zone is None else f'timestamp[us, tz={self.zone}]'
        return 'null'


def infer_all(values):
    """The type of a column of these values. Raises where Arrow has none."""
    inferrer = Inferrer()
    inferrer.visit_all(values)
    return inferrer.type()


def told(value):
    try:
        return f'{value!r:.200}'
    except Exception:
        return 'a value'


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
        return ('decimal', 1, 0)
    scale = max(0, -exponent)
    return ('decimal', max(len(digits) + max(exponent, 0), scale), scale)


def wider_decimal(known, new):
    if known is None:
        return new
    scale = max(known[2], new[2])
    return ('decimal', max(known[1] - known[2], new[1] - new[2]) + scale, scale)


def widest(kinds):
    """The type that numbers of these types share."""
    kinds = set(kinds)
    if len(kinds) == 1:
        return kinds.pop()
    if kinds & set(FLOATS):
        return 'double'
    return 'int64'


def merge(known, new):
    """The type of two tables' columns put together."""
    if known == new or new == 'null':
        return known
    if known == 'null':
        return new
    if isinstance(known, str) and isinstance(new, str) and (known in INTS or known in FLOATS) and (new in INTS or new in FLOATS):
        return widest((known, new))
    if isinstance(known, tuple) and isinstance(new, tuple) and known[0] == new[0]:
        if known[0] == 'list':
            return ('list', merge(known[1], new[1]))
        if known[0] == 'struct':
            fields = dict(known[1])
            for name, kind in new[1]:
                fields[name] = merge(fields[name], kind) if name in fields else kind
            return ('struct', tuple(fields.items()))
    raise ValueError(f"The features can't be aligned: {known} and {new}")


# ------------------------------------------------------------------------------------------------- conversion
MOMENTS = {'date32[day]': datetime.date, 'time64[us]': datetime.time, 'duration[us]': datetime.timedelta}


def convert(value, kind):
    """The value as a column of that inferred type gives it back. Raises where Arrow's converter refuses it."""
    if value is None or kind == 'null':
        return None
    if isinstance(kind, str):
        if kind == 'string':
            if not isinstance(value, str):
                raise ArrowTypeError(f"Expected bytes, got a '{type(value).__name__}' object")
            return text_in(value)
        if kind == 'double':
            return to_double(value)
        if kind == 'bool':
            if isinstance(value, (bool, numbers.bool_)):
                return bool(value)
            raise ArrowInvalid(f'Could not convert {told(value)} with type {type(value).__name__}: tried to convert to boolean')
        if kind in INTS:
            return to_int(value, kind)
        if kind in FLOATS:
            return rounded(float(value), kind)
        if kind == 'binary':
            if not isinstance(value, (str, bytes, bytearray, memoryview)):
                raise ArrowTypeError(f"Expected bytes, got a '{type(value).__name__}' object")
            return value.encode() if isinstance(value, str) else bytes(value)
        return to_moment(value, kind)
    if kind[0] == 'list':
        item = kind[1]
        if item == 'string':
            return [x if type(x) is str and x.isascii() else convert(x, item) for x in items_of(value)]
        return [convert(x, item) for x in items_of(value)]
    if kind[0] == 'struct':
        known = value if type(value) is dict else dict(pairs_of(value))
        return {name: convert(known.get(name), item) for name, item in kind[1]}
    if isinstance(value, bool) or not isinstance(value, (int, decimal.Decimal)):
        raise ArrowTypeError(f'int or Decimal object expected, got {type(value).__name__}')
    if not decimal.Decimal(value).is_finite():
        return value
    try:
        return decimal.Decimal(value).quantize(decimal.Decimal(1).scaleb(-kind[2]), context=decimal.Context(prec=kind[1]))
    except decimal.InvalidOperation:
        raise ArrowInvalid(f'Decimal type with precision {len(str(value))} does not fit into precision inferred from first array element: '
                           f'{kind[1]}') from None


# Arrow reads what a value of Python holds, whatever a class of a task's own makes of that (an enum of texts prints its name).
def text_in(value):
    text = value if type(value) is str else str.__str__(value)
    # Arrow keeps UTF-8, which has no half surrogate pairs.
    if not text.isascii():
        text.encode()
    return text


def items_of(value):
    for kind in (list, tuple):
        if isinstance(value, kind):
            return value if type(value) is kind else kind.__iter__(value)
    return value


def pairs_of(value):
    return dict.items(value) if isinstance(value, dict) else value.items()


def to_int(value, kind):
    if isinstance(value, bool):
        raise ArrowTypeError('Expected integer, got bool')
    if not isinstance(value, (int, numbers.Scalar)):
        raise ArrowInvalid(f'Could not convert {told(value)} with type {type(value).__name__}: tried to convert to {kind}')
    value = int.__int__(value) if isinstance(value, int) else int(value)
    low, high = INTS[kind]
    if not low <= value <= high:
        if -(2 ** 63) <= value < 2 ** 63:
            raise ArrowInvalid(f'Value {value} too large to fit in C integer type')
        raise OverflowError('Python int too large to convert to C long')
    return value


def to_moment(value, kind):
    """Dates and times; a number among them counts days or microseconds."""
    if kind == 'date32[day]' and isinstance(value, datetime.datetime):
        return value.date()
    wanted = MOMENTS.get(kind, datetime.datetime)
    if isinstance(value, wanted):
        return value
    if isinstance(value, bool):
        raise ArrowTypeError('Expected integer, got bool')
    if not isinstance(value, (int, float, decimal.Decimal)):
        raise ArrowTypeError(f'object of type {type(value)} cannot be converted to int')
    return moment_of(int(value), kind)


def moment_of(count, kind):
    """What a number stands for in a column of dates or times."""
    if kind.startswith('date'):
        return datetime.date(1970, 1, 1) + datetime.timedelta(days=count)
    span = datetime.timedelta(microseconds=count)
    if kind.startswith('duration'):
        return span
    moment = datetime.datetime(1970, 1, 1) + span
    return moment.time() if kind.startswith('time64') else moment


def count_of(moment):
    """The number that a date or a time is kept as."""
    if isinstance(moment, datetime.datetime):
        return (moment.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
    if isinstance(moment, datetime.date):
        return (moment - datetime.date(1970, 1, 1)).days
    if isinstance(moment, datetime.time):
        return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond
    return moment // datetime.timedelta(microseconds=1)


def to_double(value):
    if type(value) is float:
        return value
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, (bool, numbers.Scalar)):
        return float(value)
    if isinstance(value, int):
        value = int.__int__(value)
        if not -(2 ** 63) <= value < 2 ** 63:
            raise ArrowInvalid('PyLong is too large to fit int64')
        if abs(value) > 2 ** 53:
            raise ArrowInvalid(f'Integer value {value} is outside of the range exactly representable by a IEEE 754 double precision value')
        return float(value)
    raise ArrowInvalid(f'Could not convert {told(value)} with type {type(value).__name__}: tried to convert to double')


def rounded(value, kind):
    if kind == 'double' or value != value or math.isinf(value):
        return value
    code = '<f' if kind == 'float' else '<e'
    try:
        return struct.unpack(code, struct.pack(code, value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


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
        # ClassLabel.cast_storage: texts are names, all else becomes the number of one.
        return None if have == 'string' else check_cast(have, 'int64', to_text)
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
    if 'binary' in (have, want):
        return have in TEXTS and want in TEXTS
    if have in TEXTS or want in TEXTS:
        return isinstance(want, str)
    decimals = isinstance(have, tuple), isinstance(want, tuple)
    if any(decimals):
        return 'bool' not in (have, want) and (numbers_(have) or numbers_(want) or all(decimals))
    temporal = lambda kind: isinstance(kind, str) and kind[:4] in ('date', 'time', 'dura')
    if temporal(have) and temporal(want):
        return have[:4] == want[:4] or {have[:4], want[:4]} == {'date', 'time'}
    # Days are kept in 32 bits, all other moments in 64.
    wide = lambda moment, number: number == ('int32' if moment[:6] == 'date32' else 'int64')
    return temporal(want) and wide(want, have) or temporal(have) and wide(have, want)


def cast(value, want, to_text=False):
    """One value in a column of the wanted type. Raises what Arrow raises where it does not fit."""
    if value is None:
        return None
    if isinstance(want, str):
        if want == 'string':
            try:
                return value if isinstance(value, str) else text_of(value)
            except UnicodeDecodeError:
                raise ArrowInvalid('Invalid UTF8 payload') from None
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
    return cast_decimal(value, want)


def cast_decimal(value, want):
    _, precision, scale = want
    # Whole numbers are taken for as long as their type allows, whatever they are.
    if isinstance(value, int) and precision < 19 + scale:
        raise ArrowInvalid('Precision is not great enough for the result')
    try:
        exact = decimal.Decimal(value)
        if not exact.is_finite():
            raise decimal.InvalidOperation
        fitted = exact.quantize(decimal.Decimal(1).scaleb(-scale), context=decimal.Context(prec=precision))
    except decimal.InvalidOperation:
        raise ArrowInvalid(f'Cannot convert {value} to Decimal128(precision = {precision}, scale = {scale})') from None
    if isinstance(value, decimal.Decimal) and fitted != exact:
        raise ArrowInvalid('Rescaling Decimal value would cause data loss')
    return fitted


def cast_class(value, names):
    if isinstance(value, str):
        return class_of(value, [str(name) for name in names])
    number = cast_int(value, 'int64')
    # Only whole numbers are compared with the number of classes.
    if type(value) is int and number >= len(names):
        raise ValueError(f'Class label {number} greater than configured num_classes {len(names)}')
    return number


def class_of(text, names):
    """The number that a text stands for: a name, also among blanks, or the number itself."""
    for name in (text, text.strip()):
        if name in names:
            return names.index(name)
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f'Invalid string class label {text}') from None
    if not -1 <= number < len(names):
        raise ValueError(f'Invalid string class label {text}')
    return number


def storage(kind):
    """The type that Arrow keeps a column in: classes are numbers to it."""
    return 'int64' if kind[0] == 'class' else kind


INT_TEXT = re.compile(r'-?[0-9]+|0[xX][0-9a-fA-F]{1,16}')
FLOAT_TEXT = re.compile(r'[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?')
FLOAT_WORDS = re.compile(r'[+-]?(?:nan|inf|infinity)', re.I)


def cast_int(value, want):
    low, high = INTS[want]
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        value = count_of(value)
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
    if isinstance(value, int):
        return moment_of(value, want)
    if want.startswith('date') and isinstance(value, datetime.datetime):
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
def plain(values):
    """The type of a column that holds one kind of JSON's values, each as the column would give it back; None for any other."""
    kinds = set(map(type, values))
    holes = NoneType in kinds
    kinds.discard(NoneType)
    if len(kinds) != 1:
        return None
    only, = kinds
    kind = PLAIN_KINDS.get(only)
    if kind is None:
        return None
    if holes:
        values = [value for value in values if value is not None]
    if kind == 'string':
        text = ''.join(values)
        try:
            # Arrow keeps UTF-8, which has no half surrogate pairs.
            text.isascii() or text.encode()
        except UnicodeEncodeError:
            return None
    elif kind == 'int64' and not (-(2 ** 63) <= min(values) and max(values) < 2 ** 63):
        return None
    return kind


NoneType = type(None)
PLAIN_KINDS = {str: 'string', int: 'int64', float: 'double', bool: 'bool'}


def plain_lists(values):
    """The type of a column of lists of plain values, which need nothing but to be copied; None for any other."""
    kinds = set(map(type, values))
    kinds.discard(NoneType)
    if kinds != {list}:
        return None
    kind = plain(list(itertools.chain.from_iterable(filter(None, values))))
    return None if kind is None else ('list', kind)


def column(values):
    """Values and type of a column made from Python's values."""
    kind = plain(values)
    if kind is not None:
        return list(values), kind
    kind = plain_lists(values)
    if kind is not None:
        return [None if value is None else value[:] for value in values], kind
    kind = infer_all(values)
    if kind == 'string':
        # The converter of texts makes the column one of bytes where it meets some.
        if any(isinstance(x, bytes) for x in values):
            kind = 'binary'
            return [convert(x, kind) for x in values], kind
        return [x if type(x) is str and x.isascii() else convert(x, kind) for x in values], kind
    return [convert(x, kind) for x in values], kind


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
