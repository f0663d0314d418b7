"""Boilerplate: lines of a page that are not the article (buttons, newsletters, contacts, credits, notes).

In: one line or paragraph of normalised text. Out: whether it is boilerplate, or may be when other articles hold it too.
A rule speaks about a whole line: a sentence inside a paragraph of the article is never judged.
"""

from __future__ import annotations

import re

_LONGEST = 700  # characters; the longest promotion paragraphs of the sample have 600
_LONGEST_LABELLED = 200  # characters of a line such as "Read more: The ferry that would not leave"
_LONGEST_NAMES = 60  # characters of names behind "Photograph:"
_LONGEST_ROW = 80  # characters of a row of buttons, and of "(Jane Doe via Agency)"
_BULLETS = "•●▪■◦‣*►▶➤→·+–—−->[( "
_WORD = re.compile(r"[^\W_]+")
_PICTURES = frozenset({"via", "Images", "Photo", "Photos"})  # in a credit: "(Example Images)"

# A line of these words alone is a button, an entry of a menu or a label: "Share", "207 comments", "4 min read".
_BUTTONS = frozenset(
    "accept advert advertise advertisement advertising also bookmark click comment comments contributing cookie "
    "cookies copied copy credit email explainer facebook flipboard follow gallery image instagram like linkedin "
    "listen live loading log login logout min minute more mute newsletter newsletters oops opinion photo photograph "
    "photos pictures pinterest podcast popular print privacy quiz read recommended reddit register related reporting "
    "save scroll share shares sign signup skip sponsored subscribe tap telegram trending tweet twitter unmute updates "
    "video videos view watch whatsapp".split()
)
# What may stand among them.
_AMONG_BUTTONS = frozenset(
    "a about additional ago all and are article articles back by can closed content continue credits error estimated "
    "for free from have in is it later latest link load main may minutes most next notice now of on or out page past "
    "play policy post preferences reading see settings show site source stories story terms the this time to top "
    "topics up us use via viewed with you your".split()
)
_NOTICES = tuple(
    "something went wrong|please try again|an error occurred|in this article|up next|back to top|"
    "this story has been updated|this article has been updated".split("|")
)
_READING_TIME = ("min read", "minute read")  # behind a byline
_LONGEST_NOTICE = 55  # characters of a line that begins with one
# How a line begins that sells, invites or speaks about its page, and what such a line says anywhere.
_OPENINGS = tuple(
    "sign up for|sign up to|sign-up for|subscribe to|subscribe for|join us on|follow us|like us on|for subscribers|"
    "just for subscribers|thanks for reading|thanks for subscribing|thank you for reading|thank you for subscribing|"
    "stay up to date|stay up-to-date|got a tip|got a news tip|have a tip|have a news tip|click here|click to|tap here|"
    "skip to|story continues|article continues|continue reading|more from|contact us|about us|terms of use|"
    "terms of service|terms and conditions|photo by|photo via|image by|image via|all rights reserved|©|copyright ©|"
    "copyright 20|we use cookies|this site uses cookies|this website uses cookies|a version of this article appear|"
    "a version of this story appear|additional reporting by|this story originally|this article originally|"
    "this story was originally|this article was originally|our goal is to create".split("|")
)
_LONGEST_PROMOTION = 300  # characters of a line that is known by such words alone
_SAYINGS = tuple(
    "in your inbox|to your inbox|sign up here|support our journalism|support local journalism|agree to our|"
    "agree to the terms|support independent journalism|affiliate commission|affiliate fee|earn a commission|"
    "may earn us|download the app|download our app|check your local forecast|wherever you get your podcasts|"
    "reproduced without|may not be reproduced|contributed to this report|contributed to this story|"
    "contributed to this article".split("|")
)
# An order to sign up: a news sentence tells that somebody did.
_SIGN_UP = re.compile(
    r"(?:^|[.!?:;)|►∎]\s*|\bplease )(?:sign[ -]?up|subscribe|register|join)\b.{0,120}"
    r"\b(?:newsletters?|inbox|briefing|alerts?|here|today|now|for free)\b.{0,60}$",
    re.IGNORECASE,
)
# An order to reach somebody, with a name on a network, an address or a number. A number to call for help is news.
_REACH = re.compile(
    r"(?:^(?:contact|reach|follow|e-?mail|message|tweet) (?!(?:us|the)\b)(?=(?-i:[A-Z@])|him|her|them|me|reporters?)|"
    r"\b(?:reach|contact|follow|e-?mail|send|tweet|reached|followed)(?: out)?(?: to)? "
    r"(?:him|her|them|me|us|at|on|along|the reporters?)\b)"
    r".{0,160}(?:@\w|\w@\w|\(\d{3}\) ?\d{3}-|\d{3}-\d{3}-\d{4}|twitter\.com/|\bon (?:twitter|facebook|instagram)\b)",
    re.IGNORECASE,
)

# What promotion, bylines and credits look like. Alone such words say little; in a line that many articles hold they do.
_CUES = frozenset(
    "app apps associated betting check click columnist columnists com commission content covered crossword curated "
    "deal deals exclusive http https inbox journal journalist learn listen live more network newsletter newsletters "
    "odds photo photos picture pictures podcast podcasts producer puzzle puzzles ranking rankings reporter reporters "
    "schedules scores shop shopping sign signup special staff standings wire www".split()
)
_CUE_STEMS = ("subscri", "sponsor", "contribut")
_CUE_SIGNS = ("@", "|", "►", ">>")
_KICKER = re.compile(r"^(?:[A-Z0-9][A-Z0-9’'&-]*[ :]+){2,}\S.*[^.]$")  # "HOT STOVE UPDATES: ranking the top players"
_SIGNATURE = re.compile(r"^[-–—−]{1,2} ?(?:[A-Z][\w.’'-]+ ?){1,5}$")  # "– Jane Doe"


def is_boilerplate(line: str) -> bool:
    """Whether `line` is boilerplate for certain, judged by its words alone."""
    if not 0 < len(line) <= _LONGEST:
        return False
    bare = line.lstrip(_BULLETS)
    if not any(map(str.isalnum, bare)):
        return not _carries_meaning(line)
    lower = bare.lower()
    return (
        (len(line) <= _LONGEST_NOTICE and lower.startswith(_NOTICES))
        or (len(line) <= _LONGEST_PROMOTION and _is_promotion(lower))
        or bool(_SIGN_UP.search(bare) or _REACH.search(bare))
        or _is_of_buttons(lower)
        or _is_labelled(lower)
        or _is_credit(line)
    )


def may_recur(line: str) -> bool:
    """Whether `line` is boilerplate if other articles hold it too: it sounds like promotion, a byline or a credit."""
    if not 3 <= len(line) <= _LONGEST:
        return False
    words = _WORD.findall(line.lower())
    cued = not _CUES.isdisjoint(words) or any(word.startswith(_CUE_STEMS) for word in words)
    return cued or any(sign in line for sign in _CUE_SIGNS) or bool(_KICKER.match(line) or _SIGNATURE.match(line))


def _is_promotion(lower: str) -> bool:
    return lower.startswith(_OPENINGS) or any(saying in lower for saying in _SAYINGS)


def _is_of_buttons(lower: str) -> bool:
    """Whether each word is one of a button or a number, and one of them can stand alone."""
    if len(lower) > _LONGEST_ROW or lower.endswith(_READING_TIME):
        return len(lower) <= _LONGEST_ROW
    words = [word for word in _WORD.findall(lower) if not word.isdecimal()]
    return not _BUTTONS.isdisjoint(words) and all(word in _BUTTONS or word in _AMONG_BUTTONS for word in words)


def _is_labelled(lower: str) -> bool:
    """Whether a label stands before a headline or a name: "Related: ...", "Photograph: ..."."""
    label, mark, rest = lower.replace("|", ":").partition(":")
    if label.startswith(("photo", "image", "picture")) and (len(rest) > _LONGEST_NAMES or "." in rest):
        return False  # a caption
    told = label.endswith(" to")  # "Listen to: ..." goes on with what is recommended
    return bool(mark) and not told and len(lower) <= _LONGEST_LABELLED and _is_of_buttons(label)


def _is_credit(line: str) -> bool:
    """Whether a line is of names in brackets: "(Jane Doe via Agency)"."""
    if not (line.startswith("(") and line.endswith(")") and len(line) <= _LONGEST_ROW):
        return False
    words = _WORD.findall(line)
    return not _PICTURES.isdisjoint(words) and all(word[0].isupper() or word in _PICTURES for word in words)


def _carries_meaning(line: str) -> bool:
    """Lines of marks alone are rules ("* * *", "•"), but emoji and other symbols may be what somebody wrote."""
    return any(ord(c) > 0x2BFF for c in line)
