"""What a newsletter says of itself: the lines of its foot, and where it stands as a page.

In: the text of a mail. Out: the text without its foot; the address of the page.
"""

from __future__ import annotations

from rag.ingest.frontmatter import web_address
from rag.text.normalise import normalise

_FOOT = (
    "unsubscribe|you are receiving|you're receiving|you received this|this email was sent|this message was sent|"
    "this newsletter was sent|update your preferences|manage your preferences|email preferences|opt out|opt-out|"
    "forwarded this email|upgrade to paid|abmelden|newsletter abbestellen|se désabonner|darse de baja|"
    "cancelar suscripción"
).split("|")
_ONLINE = (
    "in a browser|in your browser|in browser|view online|read online|view this post|view this email|view this mail|"
    "view on the web|read in the app|open in app|open in the app|cannot display html|support html|im browser|"
    "online ansehen|online lesen|votre navigateur|le navigateur|su navegador|tu navegador"
).split("|")
_LONGEST_FOOT_LINE = 400  # characters; a story about unsubscribing has longer paragraphs


def without_foot(text: str) -> str:
    """The text without the lines of a newsletter about itself; below its middle they begin its foot."""
    kept: list[str] = []
    blocks = [block for block in normalise(text).split("\n\n") if block]
    whole, seen = sum(map(len, blocks)), 0
    for block in blocks:
        short = len(block) <= _LONGEST_FOOT_LINE
        foot = short and _says(block, _FOOT)
        if foot and 2 * seen >= whole - len(block):
            break
        if not foot and not (short and _says(block, _ONLINE)):
            kept.append(block)
        seen += len(block)
    return "\n\n".join(kept)


def web_version(text: str) -> str | None:
    """The address of the same mail as a page, from a line that says so."""
    for paragraph in normalise(text).split("\n\n"):
        if len(paragraph) <= _LONGEST_FOOT_LINE and _says(paragraph, _ONLINE):
            words = (word.strip("<>()[]\"'.,;") for word in paragraph.split())
            if address := next(filter(web_address, words), None):
                return address
    return None


def _says(paragraph: str, sayings: list[str]) -> bool:
    told = paragraph.lower().replace("’", "'").replace("e-mail", "email")
    return any(saying in told for saying in sayings)
