"""What ends a verb: one class for all that a user can be told in a sentence."""


class RigError(Exception):
    """Something cannot be had, built, read or understood; the message is for the user.

    A class of its own is only for what some caller treats otherwise.
    """


class Refused(RigError):
    """Going on would lose work; FORCE=1 or a step of the user's is needed."""
