"""What a sample is drawn by: each day another, the same for all of a day."""
import datetime


def today():
    """The seed of the day."""
    return datetime.date.today().isoformat()
