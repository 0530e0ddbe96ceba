"""The one error that a user can mend."""


class UserError(Exception):
    """A mistake the user can fix: the message says what, where and what to do.

    The command line prints it as one line and exits with 2; it never shows a traceback.
    """


class MissingModel(UserError):
    """Weights that are neither in the model store nor to be had from their source."""
