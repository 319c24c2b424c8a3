"""Whether functions look at each row by itself, so that the rows of a split may come in portions.

A function can keep something from one row for the next in what it reaches: globals of the task's modules, closures, defaults,
classes, objects and random generators. All of that is looked at before the first row and again after rows. What can't be
be compared (an iterator, an object of a library) counts as kept. Looks at a data set as a whole are told by `dataset.look`.

Rows after which nothing is left may be cut anywhere, so that two looks are exact: at the end of each `map` and `filter`, before
`process_docs` can put back what it was, and at the end of the split. The quick ones in between end early what is in vain.
"""

import builtins
import collections
import datetime
import decimal
import enum
import fractions
import functools
import logging
import operator
import pathlib
import random
import re
import string
import sys
import types
import typing

from sampler_box import chance, loader, refusing

# They can't change, and hold nothing that can.
PLAIN = frozenset((int, float, complex, str, bytes, bool, type(None), type(...), type(NotImplemented), range, re.Pattern, types.CodeType,
                   types.GenericAlias, types.MethodDescriptorType, types.WrapperDescriptorType, types.GetSetDescriptorType,
                   types.MemberDescriptorType, types.ClassMethodDescriptorType))
STEADY = (pathlib.PurePath, logging.Logger, refusing.Placeholder, refusing.StandModule, decimal.Decimal, fractions.Fraction,
          datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, string.Formatter, typing.TypeVar, types.UnionType)
STEADY_MODULES = frozenset(('typing', 'datasets', 'sampler_box.numbers', 'sampler_box.features'))
CHANGING = frozenset(('ndarray', 'Features', 'DatasetDict'))
DICTS = frozenset((dict, collections.OrderedDict, collections.defaultdict, collections.Counter))
SEQUENCES = frozenset((list, set, bytearray, collections.deque))
FIXED = frozenset((tuple, frozenset, types.MappingProxyType))
# Of a module's globals; none is the task's.
MACHINERY = frozenset(('__builtins__', '__spec__', '__loader__', '__cached__'))
EMPTY = object()
CONTENT = operator.attrgetter('cell_contents')
# What of a value can change besides what it holds.
OF_FUNCTION = operator.attrgetter('__code__', '__defaults__', '__kwdefaults__', '__dict__')
OF_PARTIAL = operator.attrgetter('func', 'args', 'keywords', '__dict__')
OF_CLASS = operator.attrgetter('__bases__', '__name__', '__qualname__')
OF_DEFAULTDICT = operator.attrgetter('default_factory')
# A class of the task's may have a `getstate` of its own.
STATE_OF = random.Random.getstate
# Rows after each of which is looked; later it is after every so many, and more where there is much to look at.
CLOSELY = 100
LATER = 8
EASE = 1000
# More rows than there are.
NEVER = 1 << 60


class Watch:
    """What functions can keep between rows, as it was when they were met."""

    def __init__(self):
        self.met, self.alive = set(), []
        # What can change, as it is and as it was: looked at after rows, by functions of C.
        self.held, self.copies = [], []
        self.cells, self.contents, self.empty = [], [], []
        self.marks = []
        self.chances, self.drawn = [], []
        self.modules = task_modules()
        self.size, self.rows = 0, 0
        self.since, self.until = 0, 1
        self.kept = self.looked = None
        self.held_once = [(vars(builtins), dict(vars(builtins)))]
        self.add(random._inst)
        self.add(chance.GLOBAL)

    def add(self, value):
        waiting = [value]
        while waiting:
            found = waiting.pop()
            if type(found) not in PLAIN and id(found) not in self.met:
                self.met.add(id(found))
                self.alive.append(found)
                waiting.extend(self.within(found))

    def within(self, value):
        """Notes what of a value can change and gives what it holds."""
        kind = type(value)
        if kind in DICTS:
            self.hold(value, kind.copy(value))
            if kind is not collections.defaultdict:
                return [*value, *value.values()]
            self.mark(OF_DEFAULTDICT, value)
            return [*value, *value.values(), value.default_factory]
        if kind in SEQUENCES:
            self.hold(value, kind.copy(value))
            return list(value)
        if kind in FIXED:
            return list(value.values()) if kind is types.MappingProxyType else list(value)
        if kind is types.FunctionType:
            return self.within_function(value)
        if kind is types.MethodType:
            return [value.__self__, value.__func__]
        if kind in (types.BuiltinFunctionType, types.MethodWrapperType):
            return [] if isinstance(value.__self__, (types.ModuleType, type(None))) else [value.__self__]
        if kind is functools.partial:
            self.mark(OF_PARTIAL, value)
            return [value.func, value.args, value.keywords, vars(value)]
        if kind in (staticmethod, classmethod):
            return [value.__func__, vars(value)]
        if kind is property:
            return [value.fget]
        if isinstance(value, random.Random):
            self.chances.append((value, STATE_OF(value)))
            return [kind, *self.within_attributes(value)]
        if isinstance(value, chance.RandomState):
            return [kind, *self.within_attributes(value)]
        if isinstance(value, types.ModuleType):
            return [] if sys.modules.get(value.__name__) is value and not is_task(vars(value)) else self.within_names(vars(value))
        if isinstance(value, type):
            return self.within_class(value)
        return self.within_object(value, kind)

    def within_function(self, value):
        names = value.__globals__
        if not is_task(names) and getattr(sys.modules.get(names.get('__name__')), '__dict__', None) is names:
            return []
        self.mark(OF_FUNCTION, value)
        held = [value.__defaults__, value.__kwdefaults__, vars(value)]
        for cell in value.__closure__ or ():
            content = content_of(cell)
            if content is EMPTY:
                self.empty.append(cell)
            else:
                self.cells.append(cell)
                self.contents.append(content)
                held.append(content)
        if id(names) not in self.met:
            self.met.add(id(names))
            self.alive.append(names)
            held += self.within_names(names)
        return held

    def within_names(self, names):
        self.hold(names, dict(names))
        return [value for name, value in names.items() if name not in MACHINERY]

    def within_class(self, value):
        if is_foreign(value):
            return []
        self.hold(vars(value), dict(vars(value)))
        self.mark(OF_CLASS, value)
        held = [item for name, item in vars(value).items() if name not in ('__dict__', '__weakref__')]
        return [*held, *value.__bases__, type(value)]

    def within_object(self, value, kind):
        if is_foreign(kind):
            steady = kind.__module__ in STEADY_MODULES and kind.__name__ not in CHANGING or kind.__name__ == '_abc_data'
            if not steady and not isinstance(value, STEADY):
                self.keep(f'an object of {kind.__module__}.{kind.__qualname__}')
            elif isinstance(value, STEADY) and hasattr(value, '__dict__'):
                self.hold(vars(value), dict(vars(value)))
            return []
        parts = kind.__mro__
        if any(not is_foreign(part) and '__slots__' in vars(part) for part in parts) or not hasattr(value, '__dict__'):
            self.keep(f'an object of {kind.__qualname__}')
            return []
        if any(is_foreign(part) and part not in (object, enum.Enum, int, str) for part in parts):
            self.keep(f'an object of {kind.__qualname__}')
            return []
        return [kind, *self.within_attributes(value)]

    def within_attributes(self, value):
        self.mark(as_object, value)
        self.hold(vars(value), dict(vars(value)))
        return vars(value).values()

    def hold(self, value, copy):
        self.held.append(value)
        self.copies.append(copy)
        self.size += len(copy)

    def mark(self, getter, value):
        self.marks.append((getter, value, getter(value)))

    def keep(self, what):
        self.kept = self.kept or what

    def look(self, what):
        self.looked = self.looked or what

    def row_done(self):
        self.since += 1
        if self.since >= self.until:
            self.until, self.since = self.rows_done(self.since), 0

    def rows_done(self, count):
        """Looks after so many more rows. Gives after how many further ones to be called again."""
        self.rows += count
        if self.kept is not None:
            return NEVER
        self.compare()
        return 1 if self.rows < CLOSELY else LATER + self.size // EASE

    def compare(self):
        try:
            same = (self.held == self.copies and
                    (not self.cells or all(map(operator.is_, map(CONTENT, self.cells), self.contents))) and
                    (not self.empty or all(content_of(cell) is EMPTY for cell in self.empty)))
        except BaseException:
            same = False
        if not same:
            self.keep('what one row leaves for the next')

    def begin(self, *met):
        """Before rows are handed to a function: it, and what it gets with them."""
        for value in met:
            self.add(value)
        for name, module in task_modules().items():
            if name not in self.modules:
                self.modules[name] = module
                self.add(module)
        self.drawn = [STATE_OF(value) for value, _ in self.chances]

    def over(self):
        """After the last of these rows. What `process_docs` puts back later, such as a generator's state, is still seen."""
        if self.kept is None:
            self.compare_exactly()
            if any(STATE_OF(value) != state for (value, _), state in zip(self.chances, self.drawn)):
                self.keep('random numbers')

    def compare_exactly(self):
        """As `compare`, and whether values are of the same kinds and in the same order, whatever they themselves call equal."""
        self.compare()
        try:
            same = (all(map(identical, map(plainly, self.held), map(plainly, self.copies))) and
                    all(identical(getter(value), was) for getter, value, was in self.marks) and
                    all(map(identical, *zip(*self.held_once))))
        except BaseException:
            same = False
        if not same:
            self.keep('what one row leaves for the next')
        if any(name not in self.modules for name in task_modules()):
            self.keep('a module that is loaded on the way')

    def finish(self):
        """At the end of a split: what was seen of it."""
        self.compare_exactly()
        if any(STATE_OF(value) != state for value, state in self.chances):
            self.keep('random numbers')
        return {'kept': self.kept, 'looked': self.looked}


class Nobody:
    """Where nothing is watched."""
    look = lambda self, what: None
    begin = lambda self, *met: None
    row_done = over = lambda self: None
    rows_done = lambda self, count: NEVER


NOBODY = Nobody()


def content_of(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return EMPTY


def as_object(value):
    return type(value), vars(value)


def task_modules():
    """The modules of the task that others of it have imported."""
    return {name: module for name, module in list(sys.modules.items()) if isinstance(module, types.ModuleType) and is_task(vars(module))}


def plainly(value):
    """What a container holds, in its order."""
    if type(value) in DICTS or type(value) is types.MappingProxyType:
        return [*value, *value.values()]
    return list(value) if type(value) is collections.deque else value


def identical(a, b):
    """Whether a value is the one that it was, or a plain one like it."""
    kind = type(a)
    if a is b:
        return True
    if kind is not type(b):
        return types.MappingProxyType in (kind, type(b)) and identical(dict(a), dict(b))
    if kind in (list, tuple) or kind in DICTS or kind is collections.deque:
        a, b = plainly(a), plainly(b)
        return len(a) == len(b) and all(map(identical, a, b))
    if kind in (float, complex):
        return repr(a) == repr(b)
    return (kind in PLAIN or kind in (set, frozenset, bytearray)) and a == b


def is_task(names):
    return str(names.get('__file__', '')).startswith(loader.ROOT + '/')


def is_foreign(kind):
    """Whether a class is none of the task's."""
    found = sys.modules.get(kind.__module__)
    if found is None or is_task(vars(found)):
        return False
    for name in kind.__qualname__.split('.'):
        found = vars(found).get(name) if hasattr(found, '__dict__') else None
    return found is kind or not kind.__flags__ & (1 << 9)  # no heap type: built in
