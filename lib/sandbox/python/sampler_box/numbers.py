"""The part of numpy that tasks use: scalars, small arrays, reductions, and the seeded generator. Everything else is refused.

Installed as the module `numpy`. An array keeps a flat list of Python's numbers and a shape.
"""

import builtins
import math
import struct

from sampler_box import refusing


class dtype:
    def __init__(self, name, arrow, kind, make):
        self.name, self.arrow, self.kind, self.make = name, arrow, kind, make

    def __repr__(self):
        return f"dtype('{self.name}')"

    def __eq__(self, other):
        return isinstance(other, dtype) and other.name == self.name or other == self.name or other is self.make

    def __hash__(self):
        return hash(self.name)


class generic:
    """What every scalar is."""


class Scalar(generic):
    """A number of numpy: counts as Python's number of its kind where it is a double, and prints as numpy 2 does."""
    __slots__ = ()

    def item(self):
        return self.value

    def tolist(self):
        return self.value

    def astype(self, kind):
        return make_scalar(self.value, dtype_of(kind))

    def round(self, decimals=0):
        return around(self, decimals)

    def all(self):
        return bool_(self.value)

    any = all

    @property
    def ndim(self):
        return 0

    @property
    def shape(self):
        return ()

    @property
    def size(self):
        return 1


def scalar_class(name, arrow, kind, low=None, high=None):
    """A class of scalars that are no Python numbers: whole numbers and truth values."""

    class Made(Scalar):
        __slots__ = ('value',)

        def __init__(self, value=0):
            value = getattr(value, 'value', value)
            if kind == 'b':
                value = builtins.bool(value)
            else:
                value = builtins.int(value)
                if not low <= value <= high:
                    raise OverflowError(f'Python integer {value} out of bounds for {name}')
            object.__setattr__(self, 'value', value)

        def __repr__(self):
            return f'np.{self.value}' if kind == 'b' else f'np.{name}({self.value})'

        def __str__(self):
            return str(self.value)

        def __format__(self, spec):
            return format(self.value, spec)

        def __bool__(self):
            return builtins.bool(self.value)

        def __int__(self):
            return builtins.int(self.value)

        __index__ = __int__

        def __float__(self):
            return builtins.float(self.value)

        def __hash__(self):
            return hash(self.value)

        def __neg__(self):
            return make_scalar(-self.value, self.dtype)

        def __abs__(self):
            return make_scalar(builtins.abs(self.value), self.dtype)

        def __invert__(self):
            return bool_(not self.value) if kind == 'b' else make_scalar(~self.value, self.dtype)

    Made.__name__ = Made.__qualname__ = name
    Made.dtype = dtype(name.rstrip('_'), arrow, kind, Made)
    give_operators(Made)
    return Made


def binary(name, swapped=False):
    def operate(self, other):
        return elementwise(name, other, self) if swapped else elementwise(name, self, other)
    return operate


OPERATIONS = {
    'add': lambda a, b: a + b, 'sub': lambda a, b: a - b, 'mul': lambda a, b: a * b, 'pow': lambda a, b: a ** b,
    'floordiv': lambda a, b: a // b if b else nan, 'mod': lambda a, b: a % b if b else nan,
    'truediv': lambda a, b: divided(a, b), 'eq': lambda a, b: a == b, 'ne': lambda a, b: a != b, 'lt': lambda a, b: a < b,
    'le': lambda a, b: a <= b, 'gt': lambda a, b: a > b, 'ge': lambda a, b: a >= b, 'and': lambda a, b: a & b,
    'or': lambda a, b: a | b, 'xor': lambda a, b: a ^ b,
}
COMPARISONS = {'eq', 'ne', 'lt', 'le', 'gt', 'ge'}


def divided(a, b):
    if b:
        return a / b
    if a != a or not a:
        return nan
    return math.copysign(inf, a) * math.copysign(1, b)


def give_operators(made):
    for name in OPERATIONS:
        setattr(made, f'__{name}__', binary(name))
        if name not in COMPARISONS:
            setattr(made, f'__r{name}__', binary(name, True))


class float64(Scalar, float):
    __slots__ = ()

    def __new__(cls, value=0.0):
        return float.__new__(cls, getattr(value, 'value', value))

    @property
    def value(self):
        return float.__float__(self)

    def __repr__(self):
        return f'np.float64({float.__repr__(self)})'

    def __str__(self):
        return float.__repr__(self)

    def __format__(self, spec):
        return format(float.__float__(self), spec)

    __hash__ = float.__hash__

    def __neg__(self):
        return float64(-self.value)

    def __abs__(self):
        return float64(builtins.abs(self.value))


float64.dtype = dtype('float64', 'double', 'f', float64)
give_operators(float64)


class float32(Scalar):
    __slots__ = ('value',)

    def __init__(self, value=0.0):
        object.__setattr__(self, 'value', struct.unpack('<f', struct.pack('<f', float(value)))[0])

    def __float__(self):
        return self.value

    def __bool__(self):
        return builtins.bool(self.value)

    def __int__(self):
        return builtins.int(self.value)

    def __hash__(self):
        return hash(self.value)

    def __str__(self):
        return next(text for text in (f'{self.value:.{digits}g}' for digits in range(1, 18)) if float32(float(text)).value == self.value)

    def __repr__(self):
        return f'np.float32({self})'


float32.dtype = dtype('float32', 'float', 'f', float32)
give_operators(float32)
bool_ = scalar_class('bool_', 'bool', 'b')
int8, int16, int32, int64 = (scalar_class(f'int{bits}', f'int{bits}', 'i', -(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64))
uint8, uint16, uint32, uint64 = (scalar_class(f'uint{bits}', f'uint{bits}', 'u', 0, 2 ** bits - 1) for bits in (8, 16, 32, 64))
BY_NAME = {made.dtype.name: made.dtype for made in (float64, float32, bool_, int8, int16, int32, int64, uint8, uint16, uint32, uint64)}
BY_NAME.update({'int': int64.dtype, 'float': float64.dtype, 'i4': int32.dtype, 'i8': int64.dtype, 'f4': float32.dtype, 'f8': float64.dtype})
number = integer = floating = generic
nan, inf, pi, e = math.nan, math.inf, math.pi, math.e
newaxis = None


def dtype_of(kind):
    if isinstance(kind, dtype):
        return kind
    if isinstance(kind, str) and kind in BY_NAME:
        return BY_NAME[kind]
    known = {builtins.float: float64.dtype, builtins.int: int64.dtype, builtins.bool: bool_.dtype}
    found = known.get(kind) or getattr(kind, 'dtype', None)
    if isinstance(found, dtype):
        return found
    raise refusing.Unavailable(f'numpy.dtype({kind!r:.50}) is not in the sandbox')


def make_scalar(value, kind):
    return kind.make(value)


def kind_of(value):
    """The dtype of one value as numpy finds it."""
    if isinstance(value, Scalar):
        return value.dtype
    if isinstance(value, builtins.bool):
        return bool_.dtype
    if isinstance(value, builtins.int):
        return int64.dtype
    if isinstance(value, builtins.float):
        return float64.dtype
    raise refusing.Unavailable(f'numpy with values of type {type(value).__name__} is not in the sandbox')


def widest(kinds):
    found = None
    for kind in kinds:
        if found is None or found == kind:
            found = kind
        elif 'f' in (found.kind, kind.kind):
            found = float64.dtype
        else:
            found = int64.dtype if 'b' in (found.kind, kind.kind) and int64.dtype in (found, kind) else (
                kind if found.kind == 'b' else found if kind.kind == 'b' else int64.dtype)
    return float64.dtype if found is None else found


def plain(value, kind):
    value = getattr(value, 'value', value)
    if kind.kind == 'f':
        return builtins.float(value)
    if kind.kind == 'b':
        return builtins.bool(value)
    return builtins.int(value)


class ndarray:
    __array_priority__ = 1

    def __init__(self, flat, shape, kind):
        self.flat_list, self.shape, self.dtype = flat, tuple(shape), kind

    # --- looking
    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return len(self.flat_list)

    @property
    def T(self):
        if self.ndim < 2:
            return self
        rows, columns = self.shape
        return ndarray([self.flat_list[r * columns + c] for c in range(columns) for r in range(rows)], (columns, rows), self.dtype)

    def __len__(self):
        if not self.shape:
            raise TypeError('len() of unsized object')
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key):
        if isinstance(key, ndarray) and key.dtype.kind == 'b':
            return taken(self, [i for i, keep in enumerate(key.flat_list) if keep])
        if isinstance(key, (list, ndarray)):
            return taken(self, [builtins.int(i) for i in key])
        if isinstance(key, slice):
            return taken(self, range(*key.indices(len(self))))
        if isinstance(key, tuple):
            found = self
            for step in key:
                found = found[step]
            return found
        at = builtins.int(key)
        if not -len(self) <= at < len(self):
            raise IndexError(f'index {at} is out of bounds for axis 0 with size {len(self)}')
        at %= len(self)
        if self.ndim == 1:
            return make_scalar(self.flat_list[at], self.dtype)
        step = self.size // self.shape[0]
        return ndarray(self.flat_list[at * step:(at + 1) * step], self.shape[1:], self.dtype)

    def __setitem__(self, key, value):
        if isinstance(key, tuple):
            at = 0
            for index, length in zip(key, self.shape, strict=True):
                at = at * length + builtins.int(index) % length
            self.flat_list[at] = plain(value, self.dtype)
        elif isinstance(key, ndarray) and key.dtype.kind == 'b':
            for i, chosen in enumerate(key.flat_list):
                if chosen:
                    self.flat_list[i] = plain(value, self.dtype)
        elif self.ndim == 1 and not isinstance(key, slice):
            self.flat_list[builtins.int(key)] = plain(value, self.dtype)
        else:
            raise refusing.Unavailable('numpy assignment to slices is not in the sandbox')

    def __bool__(self):
        if self.size != 1:
            raise ValueError('The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()')
        return builtins.bool(self.flat_list[0])

    def __float__(self):
        return builtins.float(self.flat_list[0])

    def __int__(self):
        return builtins.int(self.flat_list[0])

    __hash__ = None

    def __neg__(self):
        return ndarray([-x for x in self.flat_list], self.shape, self.dtype)

    def __invert__(self):
        return ndarray([not x if self.dtype.kind == 'b' else ~x for x in self.flat_list], self.shape, self.dtype)

    def __contains__(self, value):
        return value in self.flat_list

    def __repr__(self):
        return f'array({self.tolist()!r})'

    def item(self):
        if self.size != 1:
            raise ValueError('can only convert an array of size 1 to a Python scalar')
        return self.flat_list[0]

    def tolist(self):
        if not self.shape:
            return self.flat_list[0]
        if self.ndim == 1:
            return list(self.flat_list)
        return [row.tolist() for row in self]

    def copy(self):
        return ndarray(list(self.flat_list), self.shape, self.dtype)

    def flatten(self):
        return ndarray(list(self.flat_list), (self.size,), self.dtype)

    ravel = flatten

    def reshape(self, *shape):
        shape = list(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else list(shape)
        if -1 in shape:
            known = math.prod(n for n in shape if n != -1)
            shape[shape.index(-1)] = self.size // known
        if math.prod(shape) != self.size:
            raise ValueError(f'cannot reshape array of size {self.size} into shape {tuple(shape)}')
        return ndarray(list(self.flat_list), shape, self.dtype)

    def astype(self, kind):
        kind = dtype_of(kind)
        return ndarray([plain(x, kind) for x in self.flat_list], self.shape, kind)

    def argsort(self, **options):
        return argsort(self)

    def __array__(self):
        return self


give_operators(ndarray)


def taken(array, positions):
    if array.ndim == 1:
        return ndarray([array.flat_list[i] for i in positions], (len(positions),), array.dtype)
    step = array.size // array.shape[0]
    flat = [x for i in positions for x in array.flat_list[i * step:(i + 1) * step]]
    return ndarray(flat, (len(positions), *array.shape[1:]), array.dtype)


def array(values, dtype=None, copy=True, ndmin=0):
    if isinstance(values, ndarray):
        return values.astype(dtype) if dtype is not None else values.copy()
    shape = shape_of(values)
    flat = list(leaves(values, len(shape)))
    kind = dtype_of(dtype) if dtype is not None else widest(kind_of(x) for x in flat)
    return ndarray([plain(x, kind) for x in flat], shape, kind)


def asarray(values, dtype=None):
    if isinstance(values, ndarray) and dtype is None:
        return values
    return array(values, dtype)


def shape_of(values):
    if isinstance(values, ndarray):
        return values.shape
    if not isinstance(values, (list, tuple)):
        return ()
    inner = [shape_of(x) for x in values]
    if builtins.any(shape != inner[0] for shape in inner):
        raise ValueError('setting an array element with a sequence. The requested array has an inhomogeneous shape')
    return (len(values), *(inner[0] if inner else ()))


def leaves(values, depth):
    if depth == 0:
        yield values.flat_list[0] if isinstance(values, ndarray) else values
    else:
        for value in values:
            yield from leaves(value, depth - 1)


def elementwise(name, left, right):
    operation = OPERATIONS[name]
    for side in (left, right):
        if not isinstance(side, (ndarray, Scalar, builtins.int, builtins.float, list, tuple)):
            return NotImplemented if name not in ('eq', 'ne') else name == 'ne'
    if not isinstance(left, (ndarray, list, tuple)) and not isinstance(right, (ndarray, list, tuple)):
        kind = result_kind(name, left, right)
        return make_scalar(operation(getattr(left, 'value', left), getattr(right, 'value', right)), kind)
    left, right = asarray(left), asarray(right)
    kind = result_kind(name, left, right)
    if left.shape == right.shape:
        pairs, shape = zip(left.flat_list, right.flat_list), left.shape
    elif right.size == 1:
        pairs, shape = ((x, right.flat_list[0]) for x in left.flat_list), left.shape
    elif left.size == 1:
        pairs, shape = ((left.flat_list[0], x) for x in right.flat_list), right.shape
    elif left.ndim == 2 and right.shape == left.shape[1:]:
        pairs, shape = ((x, right.flat_list[i % right.size]) for i, x in enumerate(left.flat_list)), left.shape
    else:
        raise ValueError(f'operands could not be broadcast together with shapes {left.shape} {right.shape}')
    return ndarray([plain(operation(a, b), kind) for a, b in pairs], shape, kind)


def result_kind(name, left, right):
    if name in COMPARISONS:
        return bool_.dtype
    kinds = [side.dtype if isinstance(side, ndarray) else kind_of(side) for side in (left, right)]
    weak = [not isinstance(side, (ndarray, Scalar)) for side in (left, right)]
    if name == 'truediv':
        return float32.dtype if float32.dtype in kinds and float64.dtype not in kinds else float64.dtype
    # Python's own numbers take the kind of numpy's (NEP 50).
    if weak[0] != weak[1]:
        strong, soft = (kinds[1], kinds[0]) if weak[0] else (kinds[0], kinds[1])
        if 'biuf'.index(soft.kind) <= 'biuf'.index(strong.kind) or soft.kind == 'i' and strong.kind == 'u':
            return strong
    return widest(kinds)


# ------------------------------------------------------------------------------------------------- reductions
def pairwise(values):
    """The sum as numpy's add.reduce makes it: in eights, halves of long runs apart."""
    count = len(values)
    if count < 8:
        total = -0.0 if count else 0.0
        for value in values:
            total += value
        return total
    if count <= 128:
        parts = list(values[:8])
        whole = count - count % 8
        for at in range(8, whole, 8):
            for i in range(8):
                parts[i] += values[at + i]
        total = ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]))
        for value in values[whole:]:
            total += value
        return total
    half = count // 2
    half -= half % 8
    return pairwise(values[:half]) + pairwise(values[half:])


def total_of(values, kind):
    if kind.kind == 'f':
        return make_scalar(pairwise(values), kind)
    return int64(builtins.sum(values))


def over(reduce):
    """A reduction over everything, or along one axis of a table."""
    def reduced(values, axis=None, dtype=None, keepdims=False, **ignored):
        values = asarray(values, dtype)
        if axis is None or values.ndim <= 1:
            return reduce(values.flat_list, values.dtype)
        if axis in (0, -2):
            values = values.T
        return array([reduce(row.flat_list, row.dtype) for row in values])
    return reduced


def mean_of(values, kind):
    if not values:
        return float64(nan)
    return float64(divided(pairwise([builtins.float(x) for x in values]), len(values)))


def var_of(values, kind):
    middle = mean_of(values, kind)
    return mean_of([(x - middle.value) ** 2 for x in values], kind)


def first_at(better):
    def found(values, kind):
        if not values:
            raise ValueError('attempt to get argmax of an empty sequence')
        at = 0
        for i, value in enumerate(values):
            if value != value:
                return int64(i)
            if better(value, values[at]):
                at = i
        return int64(at)
    return found


def extreme(pick):
    def found(values, kind):
        if not values:
            raise ValueError('zero-size array to reduction operation which has no identity')
        return make_scalar(nan if any_nan(values) else pick(values), kind)
    return found


def any_nan(values):
    return builtins.any(x != x for x in values)


def without_nan(reduce):
    return lambda values, kind: reduce([x for x in values if x == x], kind)


def median_of(values, kind):
    ordered = sorted(values)
    half = len(ordered) // 2
    return float64(ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2)


sum = over(total_of)
mean = average = over(mean_of)
var = over(var_of)
std = over(lambda values, kind: float64(math.sqrt(var_of(values, kind))))
argmax = over(first_at(lambda a, b: a > b))
argmin = over(first_at(lambda a, b: a < b))
max = amax = over(extreme(builtins.max))
min = amin = over(extreme(builtins.min))
all = over(lambda values, kind: bool_(builtins.all(values)))
any = over(lambda values, kind: bool_(builtins.any(values)))
prod = over(lambda values, kind: make_scalar(math.prod(values), kind))
median = over(median_of)
nanmax = over(without_nan(lambda values, kind: make_scalar(builtins.max(values, default=nan), kind)))
nanmin = over(without_nan(lambda values, kind: make_scalar(builtins.min(values, default=nan), kind)))
nanmean = over(without_nan(mean_of))
nansum = over(without_nan(total_of))
count_nonzero = over(lambda values, kind: int64(builtins.sum(1 for x in values if x)))
for _name, _reduction in (('sum', sum), ('mean', mean), ('std', std), ('var', var), ('argmax', argmax), ('argmin', argmin), ('max', max),
                          ('min', min), ('all', all), ('any', any), ('prod', prod)):
    setattr(ndarray, _name, _reduction)


# ------------------------------------------------------------------------------------------------- functions of elements
def of_each(function, kind=None):
    def applied(values, *args, **ignored):
        if isinstance(values, (ndarray, list, tuple)):
            values = asarray(values)
            return array([function(x, *args) for x in values.flat_list], kind or None).reshape(values.shape)
        return array([function(getattr(values, 'value', values), *args)], kind or None)[0]
    return applied


def safe(function, otherwise):
    def applied(value):
        try:
            return builtins.float(function(value))
        except (ValueError, OverflowError):
            return otherwise(value)
    return applied


exp = of_each(safe(math.exp, lambda x: inf))
exp2 = of_each(safe(math.exp2, lambda x: inf))
log = of_each(safe(math.log, lambda x: -inf if x == 0 else nan))
log2 = of_each(safe(math.log2, lambda x: -inf if x == 0 else nan))
log10 = of_each(safe(math.log10, lambda x: -inf if x == 0 else nan))
sqrt = of_each(safe(math.sqrt, lambda x: nan))
floor = of_each(safe(math.floor, lambda x: x))
ceil = of_each(safe(math.ceil, lambda x: x))
isnan = of_each(lambda x: x != x, builtins.bool)
isinf = of_each(lambda x: x in (inf, -inf), builtins.bool)
isfinite = of_each(lambda x: math.isfinite(x), builtins.bool)
abs = absolute = of_each(builtins.abs)
logical_not = of_each(lambda x: not x, builtins.bool)


def rounded(value, decimals):
    if isinstance(value, builtins.bool):
        return builtins.float(value)
    if isinstance(value, builtins.int):
        return value if decimals >= 0 else round_half_even(value, decimals)
    if not math.isfinite(value):
        return value
    if decimals == 0:
        return builtins.float(builtins.round(value))
    power = 10.0 ** builtins.abs(decimals)
    return builtins.round(value * power) / power if decimals > 0 else builtins.round(value / power) * power


def round_half_even(value, decimals):
    return builtins.round(value, decimals)


def around(values, decimals=0, out=None):
    # A truth value rounds to a half float, which is neither an int nor prints as a bool.
    applied = of_each(lambda x: rounded(x, decimals))
    return applied(values)


round = around


def zeros(shape, dtype=builtins.float):
    return full(shape, 0, dtype)


def ones(shape, dtype=builtins.float):
    return full(shape, 1, dtype)


def full(shape, value, dtype=None):
    shape = (shape,) if isinstance(shape, builtins.int) else tuple(shape)
    kind = dtype_of(dtype) if dtype is not None else kind_of(value)
    return ndarray([plain(value, kind)] * math.prod(shape), shape, kind)


def arange(*bounds):
    return array(list(range(*bounds)), None if builtins.all(isinstance(b, builtins.int) for b in bounds) else builtins.float)


def array_equal(left, right):
    left, right = asarray(left), asarray(right)
    return left.shape == right.shape and left.flat_list == right.flat_list


def where(condition, yes=None, no=None):
    condition = asarray(condition)
    if yes is None:
        return (array([i for i, x in enumerate(condition.flat_list) if x], builtins.int),)
    yes, no = asarray(yes), asarray(no)
    pick = lambda side, i: side.flat_list[i if side.size > 1 else 0]
    return array([pick(yes if x else no, i) for i, x in enumerate(condition.flat_list)]).reshape(condition.shape)


def argsort(values, **ignored):
    values = asarray(values)
    return array(sorted(range(values.size), key=lambda i: values.flat_list[i]), builtins.int)


def sort(values):
    values = asarray(values)
    return ndarray(sorted(values.flat_list), values.shape, values.dtype)


def unique(values, **options):
    if options:
        raise refusing.Unavailable('numpy.unique with options is not in the sandbox')
    values = asarray(values)
    found = sorted(set(values.flat_list))
    return ndarray(found, (len(found),), values.dtype)


def concatenate(parts, axis=0):
    parts = [asarray(part) for part in parts]
    return array([x for part in parts for x in part.tolist()], widest(part.dtype for part in parts))


def cumsum(values):
    total, out = 0, []
    for value in asarray(values).flat_list:
        total += value
        out.append(total)
    return array(out)


def dot(left, right):
    left, right = asarray(left), asarray(right)
    return total_of([a * b for a, b in zip(left.flat_list, right.flat_list, strict=True)], widest((left.dtype, right.dtype)))


def maximum(left, right):
    return where(elementwise('ge', left, right), left, right)


def minimum(left, right):
    return where(elementwise('le', left, right), left, right)


def clip(values, low, high):
    return of_each(lambda x: builtins.min(builtins.max(x, low), high))(values)


def isscalar(value):
    return isinstance(value, (Scalar, builtins.int, builtins.float, str, bytes))


def isclose(left, right, rtol=1e-05, atol=1e-08, equal_nan=False):
    return bool_(builtins.abs(left - right) <= atol + rtol * builtins.abs(right))


def allclose(left, right, rtol=1e-05, atol=1e-08, equal_nan=False):
    pairs = zip(asarray(left).flat_list, asarray(right).flat_list, strict=True)
    return builtins.all(isclose(a, b, rtol, atol) for a, b in pairs)
