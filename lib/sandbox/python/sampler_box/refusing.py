"""Placeholders for libraries that asking does not need: importing them works, using them while a function runs is refused."""

import importlib.abc
import importlib.machinery
import sys
import types

# Set while functions of a task run, so that what a module does on being loaded passes.
RUNNING = False


class Unavailable(Exception):
    """A function used a library that the sandbox has only a placeholder for."""


class Placeholder(object):
    """Anything of a library that is not here."""

    def __init__(self, name):
        object.__setattr__(self, '_name', name)

    def _use(self, how):
        if RUNNING:
            raise Unavailable(f'{self._name}{how} is not in the sandbox')

    def __getattr__(self, name):
        if name == '__version__':
            return LATE
        if name.startswith('__') and name.endswith('__'):
            raise AttributeError(name)
        return Placeholder(f'{self._name}.{name}')

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)

    def __call__(self, *args, **kwargs):
        self._use('()')
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]  # a decorator
        return Placeholder(f'{self._name}()')

    def __getitem__(self, key):
        self._use('[]')
        return Placeholder(f'{self._name}[]')

    def __setitem__(self, key, value):
        self._use('[]')

    def __iter__(self):
        raise Unavailable(f'{self._name} is not in the sandbox')

    def __lt__(self, other):
        self._use('')
        return False

    __le__ = __gt__ = __ge__ = __lt__

    def __bool__(self):
        self._use('')
        return True

    def __str__(self):
        self._use('')
        return f'<placeholder for {self._name}>'

    def __format__(self, spec):
        return str(self)

    def __mro_entries__(self, bases):
        return (object,)

    def __or__(self, other):
        return self

    __ror__ = __or__

    def __reduce_ex__(self, protocol):
        raise Unavailable(f'{self._name} is not in the sandbox')


# Later than any version that a module asks for.
LATE = '99.0.0'


class StandModule(types.ModuleType):
    __version__ = LATE

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return Placeholder(f'{self.__name__}.{name}')


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds, behind all others, a placeholder for every module outside the harness that is not here."""

    def __init__(self, refused):
        self.refused = refused

    def find_spec(self, name, path=None, target=None):
        if self.refused(name) and not asked_by_wheel():
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = StandModule(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        pass


def asked_by_wheel():
    """Whether a library in a wheel imports: those look what else there is, and do without what is missing."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get('__name__', '').startswith('importlib.'):
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get('__file__')).startswith('/wheels/')
