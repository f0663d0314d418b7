"""Boilerplate: lines of a page that are not the article (buttons, newsletters, contacts, credits, notes).

In: one line or paragraph of normalised text. Out: whether it is boilerplate, or may be when other articles hold it too.
A rule speaks about a whole line: a sentence inside a paragraph of the article is never judged.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 700  # characters; the longest promotion paragraphs of the sample have 600
_BULLET = re.compile(r"^(?:[•●▪■◦‣*►▶➤→·+–—−-]|>{1,3})\s*")


def _whole(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"(?:" + "|".join(patterns) + r")[\s.!:…>]*", re.I)


def _part(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.I)


# Lines that are boilerplate when nothing else stands in them.
_WHOLE = _whole(
    r"oops",
    r"(?:sorry, )?something went wrong",
    r"please try again(?: later)?",
    r"(?:an )?error (?:has )?occurred",
    r"·?\s*\d{1,3}[\s-]*min(?:ute)?s?[\s-]*read(?:ing time)?",
    r"(?:reading time|estimated read(?:ing)? time):?\s*\d+\s*min(?:ute)?s?",
    r"by .{2,60}? ?[·|•] ?\d{1,3} min(?:ute)?s? read",
    r"in this article",
    r"(?:more|read more|also read|read also|see also|related|related (?:stories|articles|topics|content|links))",
    r"(?:you may also like|recommended(?: for you)?|most (?:read|popular|viewed)|trending(?: now)?|up next|"
    r"more from .{1,40})",
    r"(?:story|article) continues(?: below| after).{0,40}|continue reading(?: below)?|"
    r"continue (?:to )?(?:the )?article",
    r"(?:skip|jump) (?:to|past) .{1,40}|back to top|scroll (?:down|to continue).{0,30}",
    r"(?:advertisement|advertising|advert|ad|sponsored(?: content)?|promoted(?: content)?|paid content|"
    r"partner content)",
    r"(?:advertisement|ad)\s*[-–—:].{0,40}|.{0,20}scroll to continue.{0,20}",
    r"(?:share|tweet|pin|email|print|save|copy|post|comments?|like|follow|bookmark)"
    r"(?: (?:this|the)? ?(?:article|story|page|link|post|on .{1,20}|via .{1,20}|to .{1,20}))?",
    r"(?:share|copy) (?:on|via|link|this|with) ?.{0,40}|link copied|(?:facebook|twitter|x|whatsapp|linkedin|email|"
    r"reddit|pinterest"
    r"|instagram|flipboard|telegram|copy link|share|print)(?:[\s,|/·]+(?:facebook|twitter|x|whatsapp|linkedin|"
    r"email|reddit"
    r"|pinterest|instagram|flipboard|telegram|copy link|share|print))+",
    r"(?:log|sign) ?(?:in|up|out)|register(?: now| here)?|subscribe(?: now| here| today)?|(?:log|sign) in (?:to|"
    r"or) .{1,60}",
    r"(?:view|show|hide|post|leave|add|read|see|load) (?:\d+ |all |more |a |the )*comments?|\d+ (?:comments?|"
    r"shares?|likes?|views?)",
    r"comments (?:are|have been) (?:closed|disabled|turned off).{0,60}|be the first to comment",
    r"(?:click|tap) (?:here|below|to).{0,80}",
    r"(?:accept|reject|manage|allow)(?: all)?(?: cookies| preferences| settings)?|cookie (?:policy|settings|"
    r"preferences|notice)",
    r"(?:privacy (?:policy|notice)|terms (?:of (?:use|service)|and conditions)|contact us|about us)(?:[\s|"
    r"·,/-]+.{0,60})?",
    r"all rights reserved|(?:(?:©|\(c\)|copyright)\s*(?:©|\(c\))?\s*(?:\d{4}|by |[A-Z]).{0,160})",
    r"(?:play|watch|listen|pause|mute|unmute)(?: (?:video|audio|now|live|the (?:video|podcast)|"
    r"to (?:this )?article))?"
    r"(?:[\s·|-]*\d{1,2}:\d{2})?",
    r"(?:video|audio|media|image|photo|gallery|slideshow) (?:player|caption|source|unavailable|"
    r"loading)(?:[:,].{0,60})?",
    r"(?:this (?:video|content|image) (?:is (?:not|no longer) available|can ?not be (?:played|displayed)).{0,60})",
    r"loading(?: (?:more|content|comments|video))?",
    r"(?:all times (?:eastern|et|gmt|bst|local))",
)

# Photo credits on a line of their own: "(Getty Images)", "Photograph: Jane Doe/Reuters", "AFP via Getty Images".
_AGENCY = (
    r"(?:getty(?: images)?|reuters|afp|ap(?: photo)?|epa(?:-efe)?|pa(?: wire| media| archive)?|shutterstock|alamy|"
    r"istock|"
    r"bloomberg|rex)"
)
_NAME = r"(?:(?-i:[A-Z])[\w.’'-]*\s?){1,4}"
_CREDIT = _whole(
    rf"\(?(?:{_NAME}(?:/|via ))*{_AGENCY}(?:\s?(?:/|via)\s?{_NAME})*\)?",
    r"\(?(?:photo(?:graph)?|image|picture|credit)s?(?: credit)?\s?(?:by|:|©)[^.]{0,60}\)?",
)

# Notes about the page rather than the story, as whole short paragraphs.
_NOTE = _part(
    r"^\(?(?:this|the) (?:story|article|post|report|page) (?:has been|was|is being|will be) (?:last |first )?"
    r"(?:updated(?: (?:with|to) (?:add |include )?(?:a |the |an )?(?:new |additional |more |latest )?"
    r"(?:information|details?|developments?|reporting|video|photos?|comments?|links?|context).{0,40})?|"
    r"published)[.)]*$",
    r"^unable to view our graphics|^can(?:'|’)?t see (?:our|the) graphics",
    r"our goal is to create a safe and engaging place|temporarily suspending article commenting",
    r"^(?:we use|this (?:web)?site uses|by (?:continuing|using|clicking)|our website uses)\b.{0,80}\bcookies",
    r"^(?:to (?:view|see|watch|read|continue)|please) .{0,60}\b(?:enable|accept|allow|turn on) (?:javascript|"
    r"cookies)",
    r"^(?:hit play on the player|this transcript was automatically generated)",
    r"^(?:by (?:signing up|subscribing|submitting|clicking|entering)|this site is protected by recaptcha)",
    r"\breproduced without (?:prior )?(?:written )?permission|may not be (?:published|reproduced|broadcast|"
    r"rewritten|redistributed)",
    r"^(?:editor(?:'|’)?s note: )?(?:a|an earlier) version of this (?:story|article|column) (?:first |"
    r"originally )?(?:appeared|appears|ran|was published)",
    r"^this (?:story|article) (?:first |originally )?(?:appeared|was (?:first |originally )?published) (?:in|on|"
    r"at|by)\b",
    r"^(?:additional )?(?:reporting|contributing)(?: by)?:? (?:by )?(?:the )?[A-Z][^.]{0,80}[.]?$",
    r"^(?:the )?(?:associated press|reuters|afp)(?:,| and)?.{0,60}\bcontributed to this (?:report|story|article)",
    r"^(?:.{1,80} )?contributed to this (?:report|story|article)\.?$",
)

# Selling and inviting, in the imperative: a news sentence tells that somebody signed up, promotion tells you to.
_YOU = r"(?:^|[.!?:;)|►∎]\s*|\bthen |\bplease |\bto .{1,80}, |\byou can (?:also )?|, )"
_LETTER = (
    r"(?:newsletters?|inbox|briefing|e-?mail alerts?|roundup|whatsapp channel|facebook group|texting campaign|"
    r"text with|puzzle)"
)
_OFFER = _part(
    rf"{_YOU}(?:sign[ -]?up|subscribe|register|join)\b.{{0,120}}\b(?:{_LETTER}|(?:right )?here|today|now|"
    rf"for free)\b.{{0,60}}$",
    rf"\b{_LETTER}\b.{{0,120}}\b(?:sign[ -]?up|subscribe)\b",
    r"\b(?:in|to|into) your (?:inbox|texts)\b|\bright (?:in|on|to) your (?:inbox|device|phone)\b",
    r"^(?:sign[ -]?up|subscribe) (?:for|to|now|here|today)\b.{0,100}$|\bsign up for (?:our|her|his|their|my|"
    r"the usa today|cnn)\b",
    r"\b(?:consider supporting|support(?:ing)? (?:our|local|quality|independent) journalism)\b",
    r"^subscribe to .{1,80}$|^(?:just )?for subscribers\b|^these articles are for\b|\bare subscriber-only\b",
    r"\bdownload (?:the|our) .{0,20}\bapp\b|\bapp (?:gets|brings|puts) you\b|\bapp:\s*get\b",
    r"\bplay (?:the|our) .{0,40}(?:crossword|puzzle|quick cross|quiz)|\bpuzzles, games and more\b",
    r"\bcheck (?:your|the) local forecast\b|\bweather alerts via text\b",
    r"\bearn (?:us )?(?:and our publishing partners )?(?:a |an )?(?:affiliate )?(?:commission|affiliate fee)\b",
    r"\bcontent partner offering\b|\bits content is produced independently\b",
    r"\b(?:coverage|project|work|reporting)\b.{0,80}\b(?:is|are) (?:supported|made possible) (?:in part )?(?:by|"
    r"through) .{0,40}"
    r"\b(?:grants?|support|funding|donation)\b",
    r"\bprices were accurate at the time\b|\bdoesn(?:'|’)t influence our coverage\b|"
    r"\bdoes not provide editorial input\b",
    r"\bwherever you (?:get|listen to) (?:your )?podcasts\b|^podcasts:\s*\S|"
    r"\b(?:listening to our|check out (?:the|our|my)|subscribe to (?:the|our|my)) .{0,40}podcasts?\b",
    r"\bcheck out (?:the all|all the|our) .{0,60}(?:hub|puzzles|games|deals|page)\b|"
    r"^visit \S+\.\S+ for more (?:news|stories|features)",
    r"\bcheck out:? .{0,30}best-?selling booklist\b|\bsee who is running\b|\bfollow along as we track\b|"
    r"\bshop this season(?:'|’)s\b",
    r"\bbetting insights\b|\bodds, .{0,30}(?:matchups|stats|picks)\b",
    r"\b(?:latest|live) .{0,60}\b(?:scores?|schedules?|standings|odds|rosters?|stats|mock drafts|pairings)\b"
    r".{0,80}\b(?:more|scores?|schedules?|stats|standings|odds|pairings|matchups|analysis|updates)\.?$",
    r"^(?:follow|track) every (?:game|match)\b|\bhave all your shopping needs covered\b|\bhours of googling\b",
    r"^(?:got|have) (?:a (?:news )?tip|a story|an idea for)\b.{0,160}|\bstory idea\?|\bsend (?:us |"
    r"your )?story (?:tips|ideas)\b",
    r"^(?:follow|like|join) us (?:on|at)\b|\bjoin us on (?:twitter|facebook|instagram)|\bon social:|"
    r"\blike our page\b",
    r"^prefer to listen\b|^(?:listen|watch) (?:here|live|to (?:this|the) (?:article|episode|podcast))\b.{0,60}$",
    r"^(?:thank you|thanks) for (?:supporting|reading|subscribing|listening)\b",
    r"\ba version of this story\b.{0,120}\bnewsletter\b|\bget this weekly column as a newsletter\b",
    r"^read .{0,60}\b(?:here|now)[.!]?$|^get more .{0,40} news by\b",
    r"^(?:read|watch|see|listen|find out|click|check out|also|related|more)(?: (?:more|also|now|here|next))?\s?[:|"
    r"►>].{0,160}$",
    r"^(?:in pictures|gallery|photos|video|live updates|live blog|opinion|explainer|watch live|quiz|podcast)\s?[:|"
    r"][^.]{0,120}$",
    r"^(?:start the day smarter|save better, spend better|stay in the conversation|stay up[- ]to[- ]date|"
    r"need a (?:news )?break\?|"
    r"what(?:'|’)s everyone talking about\?|protect your assets:|stay informed\.)",
)

# Where to reach the one who wrote it. A number to call for help or tickets is news: only persons are meant here.
_HANDLE = r"(?:@\w|\S+@\S+\.\w|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}|twitter\.com/)"
_NET = r"(?:twitter|x|facebook|instagram|bluesky|threads|tiktok|mastodon|linkedin|social media)"
_PERSON = (
    r"(?:(?:the )?reporters?|(?:[a-z]+ ){0,3}(?:reporter|columnist|writer|editor)|him|her|them|me|us|"
    r"(?-i:[A-Z][\w.'’-]+))"
)
_CONTACT = _part(
    rf"^(?:contact|reach|follow|e-?mail|message|tweet) {_PERSON}\b.{{0,160}}{_HANDLE}",
    rf"\b(?:reach|contact|follow|e-?mail|shoot|send|tweet|reached|followed)(?: out)?(?: to)? "
    rf"(?:him|her|them|me|us|at|on|along)\b.{{0,60}}{_HANDLE}",
    rf"^follow .{{2,60}} (?:on|at) {_NET}\b.{{0,120}}$",
)

# What promotion, bylines and credits look like. Alone such words say little; in a line that many articles hold they do.
_CUE = _part(
    _HANDLE,
    r"https?://|www\.|\b\w+\.com\b|\||>>|►|\b(?:newsletters?|subscri\w+|sign[ -]?up|podcasts?|apps?|inbox|"
    r"crossword|puzzles?)\b",
    r"\b(?:deals?|shop(?:ping)?|exclusive|betting|odds|click here|scores|schedules|standings|rankings?:|"
    r"live updates|sponsor\w*)\b",
    r"\b(?:contribut\w+|columnists?|reporters?|staff|wire reports|special (?:to|for)|network|content partner|"
    r"commission)\b",
    r"\b(?:usa today|cnn|bbc|reuters|associated press|afp|cnbc)\b.{0,30}$|^more (?:from|coverage|news)\b|"
    r"\b(?:photos?|pictures?) of the (?:day|week)\b",
    r"^(?-i:[A-Z]\S+ [A-Z]\S+)(?: \S+){0,2} (?:is|covers|writes)\b.{0,160}\b(?:news|journal|producer|journalist|"
    r"team|today)\b",
    r"\b(?:what|all) you need to (?:know|get)\b|\bgot you covered\b|\bcurated by\b|^(?:check out|"
    r"learn (?:about all|more)|listen)\b",
)
_KICKER = re.compile(r"^(?:[A-Z0-9][A-Z0-9’'&-]*[ :]+){2,}\S.*[^.]$")  # "HOT STOVE UPDATES: ranking the top players"
_SIGNATURE = re.compile(r"^[-–—−]{1,2} ?(?:[A-Z][\w.’'-]+ ?){1,5}$")  # "– Jane Doe"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Each line that a rule of _NOTE, or of _OFFER and _CONTACT, can match holds one of these words.
_LETTERS = re.compile(r"[a-z]+")
_NOTE_WORDS = _words(
    "story article post report page graphics cookies javascript transcript recaptcha signing subscribing "
    "submitting clicking entering permission published reproduced broadcast redistributed version contributing "
    "reporting contributed column safe commenting"
)
_OFFER_WORDS = _words(
    "sign signup subscribe subscriber subscribers newsletter newsletters inbox briefing roundup channel group "
    "campaign puzzle puzzles texts text device phone journalism articles app crossword quiz cross forecast "
    "alerts commission fee partner content supported possible prices influence editorial podcast podcasts hub "
    "deals booklist running track visit shop betting odds latest live follow followed shopping googling tip "
    "story idea ideas tips join like social prefer listen watch thank thanks read get see click check also "
    "related more pictures gallery photos video opinion explainer start save stay need talking protect contact "
    "reach reached email e mail message tweet shoot send register find supporting"
)


_CUE_WORDS = _words(
    "http https www com newsletter newsletters sign signup podcast podcasts app apps inbox crossword puzzle "
    "puzzles deal deals shop shopping exclusive betting odds click scores schedules standings ranking rankings "
    "live columnist columnists reporter reporters staff wire special network content commission usa cnn bbc "
    "reuters associated afp cnbc more photo photos picture pictures news journal producer journalist team today "
    "need covered curated check learn listen"
)
_CUE_STEMS = ("subscri", "sponsor", "contribut")
_CUE_SIGNS = re.compile(r"[@|►]|>>|\d{3}-\d")


def is_boilerplate(line: str) -> bool:
    """Whether `line` is boilerplate for certain, judged by its words alone."""
    return 0 < len(line) <= _LONGEST and _is_boilerplate(line)


def may_recur(line: str) -> bool:
    """Whether `line` is boilerplate if other articles hold it too: it sounds like promotion, a byline or a credit."""
    if not 3 <= len(line) <= _LONGEST:
        return False
    bare = _BULLET.sub("", line)
    return bool((_cued(bare) and _CUE.search(bare)) or _KICKER.match(bare) or _SIGNATURE.match(line))


# Cleaning asks about a line up to six times (before and after joining, until nothing changes, for counting); judging it
# anew each time doubles the time of cleaning, 6.6 to 14.7 ms an article.
@lru_cache(maxsize=2048)
def _is_boilerplate(line: str) -> bool:
    bare = _BULLET.sub("", line).strip()
    if not any(map(str.isalnum, bare)):
        return not _carries_meaning(line)
    if len(bare) <= 200 and (_WHOLE.fullmatch(bare) or _CREDIT.fullmatch(bare)):
        return True
    words = set(_LETTERS.findall(bare.lower()))  # ten times faster than the rules, and most lines end here
    if words & _NOTE_WORDS and _NOTE.search(bare):
        return True
    return bool(words & _OFFER_WORDS and (_OFFER.search(bare) or _CONTACT.search(bare)))


def _cued(line: str) -> bool:
    """Whether a line holds a word or a sign that each rule of _CUE needs."""
    words = set(_LETTERS.findall(line.lower()))
    return bool(words & _CUE_WORDS or _CUE_SIGNS.search(line)) or any(one.startswith(_CUE_STEMS) for one in words)


def _carries_meaning(line: str) -> bool:
    """Lines of marks alone are rules ("* * *", "•"), but emoji and other symbols may be what somebody wrote."""
    return any(ord(c) > 0x2BFF for c in line)
