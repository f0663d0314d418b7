"""The answer in the articles' own words. In: chosen sentences. Out: quotations with citations, speakers, short answer.

Nothing here rewords: every sentence shown is a span of its article.
"""
