"""The gallery: what templates say, how they are found, what is started from them, and what became of that."""
