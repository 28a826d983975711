"""The desk on which legal works: templates, terms, papers, review, amendments, conflicts and candidates."""
