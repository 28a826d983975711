"""Published agreements as terms documents, held to worked cases by mappings that compute nothing."""
