"""What a class did.

In: the gradebook, the journal, and clean copies.
Out: a summary as tables or a page, and the groups of submissions that share code.
"""
