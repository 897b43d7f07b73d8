"""GitOps for data-platform metadata: YAML specs in git, planned against and applied to catalogs.

For people who embed it: `load_config`, `load_specs`, `load_base`, and the coroutines `plan`,
`apply` and `drift`, with the types of `catalogctl.model` and the errors of `catalogctl.errors`.
"""

from __future__ import annotations

from catalogctl.version import __version__

TYPE_CHECKING = False  # `typing` takes longer to import than all that is needed for --version
if TYPE_CHECKING:
    from typing import Any

    from catalogctl.session import apply, drift, load_base, load_config, load_specs, plan

__all__ = ["__version__", "apply", "drift", "load_base", "load_config", "load_specs", "plan"]


def __getattr__(name: str) -> Any:
    # `import catalogctl` stays light: a command that needs no network must not load an HTTP client.
    if name in __all__:
        from catalogctl import session

        return getattr(session, name)
    raise AttributeError(name)
