"""Whether passages say what a sentence states. In: a sentence and passages. Out: its support and the places.

Nothing here rewords the sentence, and no article's text is changed: every place is a span of it.
"""
