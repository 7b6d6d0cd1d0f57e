"""The demo: a throw-away stack, three invented patients, and everything that happens to them on one screen."""

from clients.demo.running import run_demo

__all__ = ["run_demo"]
