"""Mutants of the series' own code: which tests notice a fault put into it?

No tool does this for kernel C: coccinelle applies the change that it is told, but does
not enumerate changes, and those that enumerate want a program that they can link.
"""
