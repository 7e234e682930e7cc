"""Checks that need no boot: sources, mails and object code."""
