"""Other obvious names of the same country or body: 'US' is also 'Washington', a person also the surname.

Pure text: no model.
"""

from __future__ import annotations

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
GROUPS = tuple(tuple(part.strip() for part in line.split("|")) for line in _TABLE)
_BEFORE_NAMES = frozenset("the mr mrs ms dr president sir".split())  # left out where names are compared


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


def _plain(name: str) -> str:
    """The name for comparing: lower case, without stops, article, title or possessive."""
    text = name.replace("’", "'").removesuffix("'s").removesuffix("'").replace(".", "").strip()
    first, _, rest = text.lower().partition(" ")
    return rest.lstrip() if rest and first in _BEFORE_NAMES else text.lower()


# The groups of each form, for comparing: two bodies may have a seat in one city.
_GROUPS_OF: dict[str, tuple[tuple[str, ...], ...]] = {}
for _group in GROUPS:
    for _form in dict.fromkeys(map(_plain, _group)):
        _GROUPS_OF[_form] = (*_GROUPS_OF.get(_form, ()), _group)


def _short_forms(name: str) -> tuple[str, ...]:
    """The surname of a person's full name; nothing for institutions and single words."""
    parts = name.split()
    capital = [part for part in parts if part[:1].isupper()]
    if len(capital) != len(parts) or not 2 <= len(parts) <= 3 or is_known(name):
        return ()
    return (parts[-1],)
