"""Unit tests of the series tool, on a synthetic kernel of a few files."""
