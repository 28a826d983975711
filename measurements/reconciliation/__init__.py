"""Setting sources against each other, and the internal figure against the contractual one.

``published`` compares what vendors publish with what their own data gives; ``figures`` each source's time of one
window line by line; ``standing`` what was decided about a difference and whether it blocks the final result;
``bridge`` the way from the internal figure to the contractual one, in lines that sum exactly.
"""
