"""Pages that a site shows in the place of an article: errors and checks of visitors.

In: the title and the text of a page. Out: a SourceError for such a page.
"""

from __future__ import annotations

from rag.errors import SourceError
from rag.text.words import weight

# How their titles and texts begin.
_OPENINGS = tuple(
    "404 -|404 –|404:|404 not found|404 page|404 error|error 404|error 403|error 500|error 503|403 forbidden|410 gone|"
    "500 internal|503 service|page not found|not found|page does not exist|page doesn't exist|access denied|"
    "just a moment|attention required|are you a human|are you a robot|are you human|checking your browser|"
    "one more step|security check|verify you are|verify that you are|before you continue|enable javascript|"
    "enable cookies|please enable javascript|please enable cookies|javascript is required|javascript is disabled|"
    "service unavailable|seite nicht gefunden|zugriff verweigert|page introuvable|page non trouvée|"
    "página no encontrada|pagina non trovata|pagina niet gevonden".split("|")
)
_LONGEST = 1_500  # characters of such a page; articles about them are longer


def refuse_errors(titles: tuple[str, ...], text: str) -> None:
    """A SourceError for an error page and a check of visitors, by their titles and their text."""
    if weight(text) <= _LONGEST and any(begins(one, _OPENINGS) for one in (*titles, text)):
        raise SourceError(
            "The page is an error or a check of its visitors, not an article.",
            "Open it in a browser and save it there.",
        )


def begins(text: str, openings: tuple[str, ...]) -> bool:
    """Whether a text begins with one of these, in any case and behind quotes and dashes."""
    return text.lower().replace("’", "'").lstrip(' “"„«-–').startswith(openings)
