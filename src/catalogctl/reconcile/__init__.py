"""The conductor: observe, rehearse, apply, prove. The only place that decides what runs at once."""

from __future__ import annotations

from catalogctl.reconcile.applying import apply
from catalogctl.reconcile.looking import check, make_plan
from catalogctl.reconcile.work import Progress, each, silent

__all__ = ["Progress", "apply", "check", "each", "make_plan", "silent"]
