"""Unit tests of the static checks."""
