"""From what a machine said to results."""
