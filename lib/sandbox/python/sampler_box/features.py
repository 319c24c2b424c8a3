"""What `dataset.features` shows: the names of columns and what can be asked of their types."""

from collections.abc import Iterable
from collections.abc import Sequence as Sequenced

from sampler_box import arrow, refusing


class Value:
    def __init__(self, dtype, id=None):
        self.dtype, self.id = dtype, id

    def __eq__(self, other):
        return isinstance(other, Value) and other.dtype == self.dtype

    __hash__ = None

    def __repr__(self):
        return f"Value(dtype='{self.dtype}', id=None)"


class ClassLabel:
    dtype, _type = 'int64', 'ClassLabel'

    def __init__(self, num_classes=None, names=None, names_file=None, id=None):
        if names_file is not None:
            raise refusing.Unavailable('ClassLabel of a file is not in the sandbox')
        if names is None and num_classes is None:
            raise ValueError('Please provide either num_classes, names or names_file.')
        if names is not None and not isinstance(names, Sequenced):
            raise TypeError(f'Please provide names as a list, is {type(names)}')
        self.names = [str(i) for i in range(num_classes)] if names is None else names
        self.num_classes, self.names_file, self.id = len(self.names), None, id
        if num_classes is not None and num_classes != self.num_classes:
            raise ValueError(f'ClassLabel number of names do not match the defined num_classes. Got {self.num_classes} names VS '
                             f'{num_classes} num_classes')
        self._int2str = [str(name) for name in self.names]
        self._str2int = {name: i for i, name in enumerate(self._int2str)}
        if len(self._int2str) != len(self._str2int):
            raise ValueError('Some label names are duplicated. Each label name should be unique.')

    def str2int(self, values):
        if isinstance(values, str):
            return arrow.class_of(values, self._int2str)
        if not isinstance(values, Iterable):
            raise ValueError(f'Values {values} should be a string or an Iterable (list, numpy array, pytorch, tensorflow tensors)')
        return [arrow.class_of(str(value), self._int2str) for value in values]

    def int2str(self, values):
        if isinstance(values, int):
            return self._name(values)
        if not isinstance(values, Iterable):
            raise ValueError(f'Values {values} should be an integer or an Iterable (list, numpy array, pytorch, tensorflow tensors)')
        return [self._name(value) for value in values]

    def _name(self, value):
        if not 0 <= value < self.num_classes:
            raise ValueError(f'Invalid integer class label {value:d}')
        return self._int2str[int(value)]

    def encode_example(self, example):
        if isinstance(example, str):
            example = self.str2int(example)
        if not -1 <= example < self.num_classes:
            raise ValueError(f'Class label {example:d} greater than configured num_classes {self.num_classes}')
        return example

    def __eq__(self, other):
        return isinstance(other, ClassLabel) and (other.names, other.id) == (self.names, self.id)

    __hash__ = None

    def __repr__(self):
        return f'ClassLabel(names={self.names!r}, id={self.id!r})'


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
        return ClassLabel(names=list(kind[1]))
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
