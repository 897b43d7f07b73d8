"""Benchmarks: `python -m benchmarks`. What they measure, and what they do not: README.md."""
