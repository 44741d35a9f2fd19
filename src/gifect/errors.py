"""Every error that gifect raises on purpose. All are ``GifectError``, which is a ``ValueError``."""


class GifectError(ValueError):
    """Something a caller can mend; the message says what was found, what was expected and what to do."""


class ClipError(GifectError):
    """A file, URL or array that cannot be read as a clip, or that passes a limit."""


class SoundError(GifectError):
    """A sound track that is missing or cannot be decoded."""


class TextError(GifectError):
    """Something that is no text, or a list of words that cannot be read."""


class ModelError(GifectError):
    """A network that is missing, damaged or unknown."""


class DataError(GifectError):
    """Training or evaluation data that is missing or not of the form that is expected."""


class TrainingError(GifectError):
    """A recipe that does not hold, or a training run that cannot go on; what was saved of it stays."""


class VoteError(GifectError):
    """A vote, a file of votes or a set of them that cannot be taken or scored."""


class HasteError(VoteError):
    """More votes of one voter within a minute than are judgements."""


class CollectError(GifectError):
    """A candidate, label, provider or folder of a collection that is not as it must be."""


class ServerError(GifectError):
    """A setting, token or folder of the server that is not as it must be."""


class LibraryError(GifectError):
    """A library that cannot be opened, searched or written, or an entry that it does not have."""


class BatchError(GifectError):
    """Inputs, outputs or a cluster of a batch that cannot be used."""


class MissingExtraError(GifectError):
    """A feature whose optional packages are not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs optional packages: pip install 'gifect[{extra}]'")
