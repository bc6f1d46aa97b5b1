"""Measures the service against physical limits and other packages: `python -m benchmarks`; see README.md."""
