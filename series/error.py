"""What a verb says to its user when it cannot go on."""


class SeriesError(Exception):
    """The message is meant for the user: it names the file, patch or commit."""


class Refused(SeriesError):
    """Going on would lose work; FORCE=1 or a step of the user's is needed."""
