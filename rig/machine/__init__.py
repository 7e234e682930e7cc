"""From the head of a test to a machine that runs."""
