"""What all rooms use: places, words, errors, git, what is kept."""
