"""The runtime of a box. Its modules have builtins of their own: what a task's code makes of Python's does not reach them."""

import builtins
import importlib.machinery
import sys

OWN = dict(vars(builtins))


class Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module):
        module.__dict__['__builtins__'] = OWN
        super().exec_module(module)


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if not name.startswith(f'{__name__}.'):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = Loader(name, spec.origin)
        return spec


sys.meta_path.insert(0, Finder)
