"""Names in text: which ones it holds, and the other obvious names of the same country or body.

'US' the country and 'us' the pronoun are told apart by capitals, or by the article before them in lower-case questions.
Pure text: no model, no lookup outside this file.
"""

from __future__ import annotations

import re
from itertools import chain

from rag.text.dates import MONTHS, WEEKDAYS
from rag.text.words import STOP_WORDS, words

# One line a country or body: its names, and the seats that reports put in their place. Capitals matter; no persons.
_TABLE = """
US|United States|U.S.|USA|America|American|Americans|Washington|State Department|White House|Pentagon
UK|United Kingdom|U.K.|Britain|Great Britain|British|London|Downing Street|Foreign Office|Whitehall
China|Chinese|Beijing|PRC
EU|European Union|Brussels|European Commission|European Parliament|European Council|E.U.
UN|United Nations|U.N.|Security Council|General Assembly
Russia|Russian|Russians|Moscow|Kremlin
India|Indian|Indians|New Delhi|Delhi
Japan|Japanese|Tokyo
Germany|German|Germans|Berlin|Bundestag
France|French|Paris|Elysee|Élysée
Ukraine|Ukrainian|Ukrainians|Kyiv|Kiev
Israel|Israeli|Israelis|Jerusalem|Tel Aviv|Knesset
Palestinians|Palestinian|Palestinian Authority|Ramallah
Iran|Iranian|Iranians|Tehran
Turkey|Turkish|Türkiye|Ankara
Canada|Canadian|Canadians|Ottawa
Australia|Australian|Australians|Canberra
South Korea|South Korean|South Koreans|Seoul
North Korea|North Korean|North Koreans|Pyongyang
Taiwan|Taiwanese|Taipei
Italy|Italian|Italians|Rome
Spain|Spanish|Madrid
Poland|Polish|Warsaw
Mexico|Mexican|Mexicans|Mexico City
Brazil|Brazilian|Brazilians|Brasilia|Brasília
South Africa|South African|South Africans|Pretoria
Saudi Arabia|Saudi|Saudis|Riyadh
Pakistan|Pakistani|Pakistanis|Islamabad
Vatican|Holy See
NATO|Nato|North Atlantic Treaty Organization
WHO|World Health Organization|World Health Organisation
IMF|International Monetary Fund
Fed|Federal Reserve
ECB|European Central Bank
NASA|Nasa|National Aeronautics and Space Administration
ESA|European Space Agency
""".strip().splitlines()
_GROUPS = tuple(tuple(part.strip() for part in line.split("|")) for line in _TABLE)

# Words that look like names only because a question or a sentence begins with them.
_NOT_NAMES = STOP_WORDS.union(
    "according tell give list name explain describe show please since many much mr mrs ms dr sir prof yes anything "
    "anyone anybody others another instead exactly besides".split(),
    (name.lower() for name in (*MONTHS, *WEEKDAYS)),
)
_BEFORE_NAMES = frozenset("the mr mrs ms dr president sir".split())  # left out where names are compared
# What stands before a surname and is no first name.
STYLES = frozenset("mr mrs ms dr president minister chancellor secretary king queen pope sir the chief judge".split())
_LINKS = r"(?:of|the|de|da|di|du|del|van|von|der|bin|al|and|for|la|le)"
_CAPITAL = r"[A-ZÀ-ÖØ-ÞĀ-ŽА-Я][\w'’.&-]*"
# No name goes on behind a full stop ("Jon Berg. The UN"), but behind initials and titles ("Jon F. Holm", "Gov. Holm").
_TITLES = r"(?<=\b(?:Mrs|Gov|Gen|Sen|Rep|Rev|Col|Sgt|Maj|Adm|Inc|Ltd|Hon)\.)|(?<=\b(?:Prof|Capt|Corp)\.)"
_GOES_ON = rf"(?:(?<![^\W\d_A-ZÀ-Þ]{{2}}\.)|{_TITLES})"
_RUN = re.compile(rf"{_CAPITAL}(?:{_GOES_ON}\s+(?:{_LINKS}\s+){{0,2}}{_CAPITAL})*")
_NUMBER = re.compile(r"[$€£]?\b\d[\d,.]*\b%?")
_LOWER_CAPS = re.compile(r"\bthe (us|uk|eu|un)\b|\b(us|uk|eu|un) (?=state|government|president|officials?|congress)")


def names_in(text: str) -> tuple[str, ...]:
    """The names of a text in order, each once: runs of capitalised words, and known names in lower-case questions."""
    found: list[str] = []
    if not text.isupper():
        for match in _RUN.finditer(text):
            found.extend(_trimmed(match.group()))
    if not found:
        found = list(_known_in_lower_case(text))
    return tuple(dict.fromkeys(found))


def numbers_in(text: str) -> tuple[str, ...]:
    """The figures of a text in order, years included, without currency and percent signs."""
    return tuple(dict.fromkeys(m.group().strip("$€£%.,") for m in _NUMBER.finditer(text)))


def aliases(name: str) -> tuple[str, ...]:
    """The obvious names of the same speaker, `name` first: 'US' gives 'Washington'; a person only the surname."""
    plain = _plain(name)
    others = [form for group in _GROUPS_OF.get(plain, ()) for form in group]
    return tuple(dict.fromkeys([name, *others, *_short_forms(name)]))


def is_known(name: str) -> bool:
    """Whether `name` is a country, an institution or a body of the table, not an unknown name or a person."""
    return _plain(name) in _GROUPS_OF


def known_as(name: str) -> str:
    """The first name that the table has for the country or body of this name; the name itself for any other."""
    groups = _GROUPS_OF.get(_plain(name))
    return groups[0][0] if groups else name


def pattern(name: str) -> re.Pattern[str]:
    """An expression that finds any of the aliases of `name` as whole words."""
    return re.compile("|".join(_form_pattern(form) for form in sorted(aliases(name), key=len, reverse=True)))


def _form_pattern(form: str) -> str:
    """Capitals as written for names; phrases in lower case in any case, with or without a plural s."""
    body = re.escape(form).replace(r"\ ", r"\s+")
    end = r"(?!\w)"
    if form == form.lower():
        return rf"(?<!\w)(?i:{body.removesuffix('s')}s?){end}"
    if len(form) > 4:  # 'State Department' is also found as 'state department', 'america' is not a word of its own
        return rf"(?<!\w)(?i:{body}){end}" if " " in form else rf"(?<!\w){body}{end}"
    return rf"(?<!\w){body}{end}"


def _plain(name: str) -> str:
    """The name for comparing: lower case, without stops, article, title or possessive."""
    text = name.replace("’", "'").removesuffix("'s").removesuffix("'").replace(".", "").strip()
    first, _, rest = text.lower().partition(" ")
    return rest.lstrip() if rest and first in _BEFORE_NAMES else text.lower()


# The groups of each form, for comparing: two bodies may have a seat in one city.
_GROUPS_OF: dict[str, tuple[tuple[str, ...], ...]] = {}
for _group in _GROUPS:
    for _form in dict.fromkeys(map(_plain, _group)):
        _GROUPS_OF[_form] = (*_GROUPS_OF.get(_form, ()), _group)


def _short_forms(name: str) -> tuple[str, ...]:
    """The surname of a person's full name; nothing for institutions and single words."""
    parts = name.split()
    capital = [part for part in parts if part[:1].isupper()]
    if len(capital) != len(parts) or not 2 <= len(parts) <= 3 or is_known(name):
        return ()
    return (parts[-1],)


def _trimmed(run: str) -> list[str]:
    """A capitalised run without question words and titles at its ends."""
    parts = list(map(_without_possessive, run.split()))
    while parts and parts[0].lower().strip(".'’") in _NOT_NAMES and parts[0] not in {"WHO", "US"}:
        parts = parts[1:]
    while parts and parts[-1].lower().strip(".") in _NOT_NAMES and parts[-1] not in {"WHO", "US"}:
        parts = parts[:-1]
    joined = " ".join(parts).strip(".,'’-")
    return [joined] if len(joined) > 1 else []


def _without_possessive(word: str) -> str:
    ends = 2 if word.endswith(("'s", "’s")) else int(word.endswith(("'", "’")))
    return word[: len(word) - ends]


def _known_in_lower_case(text: str) -> tuple[str, ...]:
    """Known names in a question typed without capitals."""
    found = [(m.start(), (m.group(1) or m.group(2)).upper()) for m in _LOWER_CAPS.finditer(text)]
    held = " ".join(["", *(word.removesuffix("'s") for word in words(text)), ""])
    for form in chain.from_iterable(_GROUPS):
        if len(form) > 4 and form.lower() not in STOP_WORDS and f" {form.lower()} " in held:
            found.append((text.find(form.lower()), form))
    return tuple(name for _, name in sorted(found))


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name for the lexical index, lower case, without stop words."""
    return tuple(word.removesuffix("'s") for word in words(name) if word not in STOP_WORDS or name.isupper())
