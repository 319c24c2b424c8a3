"""What `dataset.features` shows: the names of columns and what can be asked of their types."""

from sampler_box import arrow


class Value:
    def __init__(self, dtype, id=None):
        self.dtype, self.id = dtype, id

    def __eq__(self, other):
        return isinstance(other, Value) and other.dtype == self.dtype

    def __hash__(self):
        return hash(self.dtype)

    def __repr__(self):
        return f"Value(dtype='{self.dtype}', id=None)"


class ClassLabel:
    def __init__(self, num_classes=None, names=None, names_file=None, id=None):
        self.names = list(names) if names is not None else [str(i) for i in range(num_classes or 0)]
        self.num_classes, self.dtype = len(self.names), 'int64'

    def str2int(self, values):
        if isinstance(values, str):
            return arrow.cast_class(values, self.names)
        return [arrow.cast_class(value, self.names) for value in values]

    def int2str(self, values):
        if isinstance(values, int):
            return self._name(values)
        return [self._name(value) for value in values]

    def _name(self, value):
        if not 0 <= value < self.num_classes:
            raise ValueError(f'Invalid integer class label {value:d}')
        return self.names[int(value)]

    def __eq__(self, other):
        return isinstance(other, ClassLabel) and other.names == self.names

    __hash__ = None

    def __repr__(self):
        return f'ClassLabel(names={self.names!r}, id=None)'


class Sequence:
    def __init__(self, feature=None, length=-1, id=None):
        self.feature, self.length = feature, length

    def __eq__(self, other):
        return isinstance(other, Sequence) and (other.feature, other.length) == (self.feature, self.length)

    __hash__ = None

    def __repr__(self):
        return f'Sequence(feature={self.feature!r}, length={self.length}, id=None)'


class Features(dict):
    """Column names to features, in the order of the columns."""

    def copy(self):
        return Features(self)


NAMES = {'double': 'float64', 'float': 'float32', 'halffloat': 'float16'}
ARROW = {name: kind for kind, name in NAMES.items()}


def feature_of(kind):
    """What stands for a type in `features`."""
    if isinstance(kind, str):
        return Value(NAMES.get(kind, kind.replace('date32[day]', 'date32')))
    if kind[0] == 'list':
        return Sequence(feature_of(kind[1]), kind[2] if len(kind) > 2 else -1)
    if kind[0] == 'struct':
        return {name: feature_of(item) for name, item in kind[1]}
    if kind[0] == 'class':
        return ClassLabel(names=kind[1])
    return Value(f'decimal128({kind[1]}, {kind[2]})')


def kind_of(feature):
    """The type that a feature stands for."""
    if isinstance(feature, Value):
        return arrow.type_of(ARROW.get(feature.dtype, feature.dtype))
    if isinstance(feature, ClassLabel):
        return ('class', tuple(feature.names))
    if isinstance(feature, list):
        return ('list', kind_of(feature[0]))
    if isinstance(feature, dict):
        return ('struct', tuple((name, kind_of(item)) for name, item in feature.items()))
    if isinstance(feature, Sequence):
        # A sequence of mappings is kept as a mapping of lists.
        if isinstance(feature.feature, dict):
            return ('struct', tuple((name, ('list', kind_of(item))) for name, item in feature.feature.items()))
        return ('list', kind_of(feature.feature), *([feature.length] if feature.length >= 0 else []))
    raise TypeError(f'{feature!r} is no feature')
