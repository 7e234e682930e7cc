"""Unit tests of the rig."""
