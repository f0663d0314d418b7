"""Which articles hold the words of a search in a list: in the title, the publisher's or the author's name, or the text.

Inside a given read of the database.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from rag.schema import Filters
from rag.store import mentions, records
from rag.store.tables import articles


def holding(connection: Connection, terms: Sequence[str], filters: Filters) -> list[str]:
    """Ids of the articles that hold each of the terms, words or phrases, somewhere; none for no terms.

    Parts of words count in titles and names ("nor" finds "Northern"), in texts whole words in all their forms.
    """
    found: set[str] | None = None
    for term in terms:
        named = select(articles.c.id).where(*records.listing(term, filters))
        here = {str(one) for (one,) in connection.execute(named)}
        here.update(one.article_id for one in mentions.mentioning(connection, [term], filters))
        found = here if found is None else found & here
    return sorted(found or ())
