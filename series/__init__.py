"""The patch series: its files, the git tree made of it, and the way back."""
