"""Lets the Weights & Biases client start without OpenTelemetry's SDK and exporters, which some package indexes lack.

The client only reports on itself with them. Copied into a virtual environment's site-packages, where Python loads it at
every start, this answers for their modules with ones in which every name is there and does nothing.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from unittest import mock

ABSENT = ("opentelemetry.sdk", "opentelemetry.exporter")


class Nothing(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return mock.MagicMock(name=f"{self.__name__}.{name}")


class AbsentModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if not name.startswith(ABSENT):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Nothing(spec.name)

    def exec_module(self, module):
        pass


# Last, so that the real ones are taken where they are installed.
sys.meta_path.append(AbsentModules())
