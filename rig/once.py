"""What is done once in a process, whoever asks, and however it ends."""
import functools
import threading


class _Cell:
    """What became of one call."""

    def __init__(self):
        self.lock = threading.Lock()
        self.done = False
        self.value = self.error = None


def once(function):
    """FUNCTION, called once for each set of arguments.

    Other callers, in other threads too, wait for it and get the same result or the
    same error: what cannot be had is not tried again, nor told again.
    """
    cells, guard = {}, threading.Lock()

    @functools.wraps(function)
    def call(*args):
        with guard:
            cell = cells.setdefault(args, _Cell())
        with cell.lock:
            if not cell.done:
                try:
                    cell.value = function(*args)
                except Exception as err:  # pylint: disable=broad-except
                    cell.error = err
                cell.done = True
        if cell.error:
            raise cell.error
        return cell.value

    call.forget = cells.clear
    return call
