"""What can be wrong with a mapping."""


class MappingFault(ValueError):
    """A mapping that does more than rename, place and change units, or that cannot be read."""

    def __init__(self, at: str, sentence: str) -> None:
        self.at = at
        self.sentence = sentence
        super().__init__(f"{at}: {sentence}" if at else sentence)


class CannotPlace(ValueError):
    """A field of a case that a mapping names is not there, or is not what the mapping says that it is."""
