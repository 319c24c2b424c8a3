"""Stands in for libraries that the harness imports and the caller never uses, as a machine may lack them."""

import importlib.abc
import importlib.machinery
import os
import sys
import types

# What the harness imports for models, and to keep their answers.
OF_MODELS = {"torch", "transformers", "accelerate", "peft", "sqlitedict", "tiktoken"}


class Unused(types.ModuleType):
    """A module of which every attribute is an empty class."""

    __path__ = []
    __version__ = "0"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class UnusedFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes first: also where such a library is installed, it is not loaded."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Unused(spec.name)

    def exec_module(self, module):
        pass


def stand_in(*more):
    """To be called before the harness is imported; it then asks the hub for nothing."""
    sys.meta_path.insert(0, UnusedFinder(OF_MODELS | set(more)))
    os.environ["HF_HUB_OFFLINE"] = "1"
