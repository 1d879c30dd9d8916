"""For the reference: of parameters documented together each keeps its own default and type."""

from __future__ import annotations

from typing import Any

import griffe


class OwnDefaults(griffe.Extension):
    """Griffe gives all of ``a, b`` in a numpydoc section the default of ``a``."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Mend the docstring of a function."""
        _mend(func)

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Mend the docstring of a class, which tells of its constructor's parameters."""
        _mend(cls)


def _mend(item: griffe.Function | griffe.Class) -> None:
    known = {parameter.name: parameter for parameter in item.parameters}
    for section in item.docstring.parsed if item.docstring else []:
        if section.kind is griffe.DocstringSectionKind.parameters:
            for told in section.value:
                if told.name in known:
                    told.value = known[told.name].default
                    told.annotation = known[told.name].annotation
