"""The offline evaluation suite and the benchmarks. Cases and recordings are data beside this package."""
