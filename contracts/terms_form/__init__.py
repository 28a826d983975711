"""The form of the terms, drawn from the typed model itself: what the model gains, the form shows."""
