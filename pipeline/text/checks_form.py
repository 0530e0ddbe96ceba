"""Single checks: length, language, domain, likeness, quotes, order, hints."""

import re
from collections.abc import Iterator, Sequence

from auricle.pipeline.text import telltales
from auricle.pipeline.text.claim_words import STEMMED_SOURCES, classes_of, stem
from auricle.pipeline.text.claims import Known, Said
from auricle.pipeline.text.english import word_set, words
from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import bare
from auricle.schemas.text import CaptionCategory, Check, QAPair

Problem = tuple[Check, str]

_SHORT, _LONG, _OTHER, _QUESTION, _ANSWER = 15, 50, 40, 32, 30
_SENTENCE = re.compile(r'[.!?…]+["”]?(?:\s|$)')
_ENGLISH = word_set(
    """
    a an the is are in of and with to at on by from while then as for it its over behind
    under who that there someone plays play speaks speak voice voices music sound sounds no
    two after before throughout clear heard what which how does do
    """
)
_FOREIGN = word_set(
    """
    el la los las un una que del por con der die das und ist nicht ein eine le les des une
    est dans pour avec il lo gli che di non per sono o os um uma não com em het een van niet
    och att är som yang dan di itu ini ke
    """
)
_SPEECH = re.compile(
    r"\b(speech|speaks?|speaking|speakers?|talks?|talking|narrat\w+|says|saying|spoken|dialogue|"
    r"conversations?|monologue)\b",
    re.IGNORECASE,
)
_MUSIC = re.compile(
    r"\b(music|musical|melod(?:y|ies|ic)|songs?|tunes?|sings|singers?|(?<!bird)singing)\b",
    re.IGNORECASE,
)
_BIRDS = re.compile(r"\bbirds?\b|\binsects?\b|\bcrickets?\b|\bwhales?\b", re.IGNORECASE)
_CUE = re.compile(
    r",? (?:and )?(then|followed by|before|after which|and finally|and later)\b", re.IGNORECASE
)
_ORDERS = frozenset(("then", "followed", "following", "before", "after", "finally", "later"))
_AFTER = re.compile(r"^(?:after|following) ([^,]+), (.+)$", re.IGNORECASE)


def caption_length(category: CaptionCategory, text: str) -> Iterator[Problem]:
    """Yield what is wrong with the length of a caption."""
    count = words(text)
    most = {"short": _SHORT, "long": _LONG}.get(category, _OTHER)
    if not count:
        yield "length", "is empty"
    elif count > most:
        yield "length", f"has {count} words: at most {most}"
    elif category == "long" and len(_SENTENCE.findall(telltales.unquoted(text))) > 2:
        yield "length", "has more than two sentences"


def pair_length(pair: QAPair) -> Iterator[Problem]:
    """Yield what is wrong with the length of a question or its answer."""
    asked, answered = words(pair.question), words(pair.answer)
    own = telltales.unquoted(pair.question)
    if not asked or not answered:
        yield "length", "the question or the answer is empty"
    elif asked > _QUESTION:
        yield "length", f"the question has {asked} words: at most {_QUESTION}"
    elif not own.endswith("?") or own.count("?") != 1:
        yield "length", "a question ends in one question mark"
    if answered > _ANSWER:
        yield "length", f"the answer has {answered} words: at most {_ANSWER}"


def not_english(said: Said) -> bool:
    """Tell whether a text is in another language, apart from what it quotes."""
    if not said.own.isascii():
        letters = [letter for letter in said.own if letter.isalpha()]
        if sum(ord(letter) > 0x24F for letter in letters) > 0.1 * len(letters):
            return True
    other = len(said.words & _FOREIGN)
    return other >= 2 and other > len(said.words & _ENGLISH)


def wrong_domain(said: Said, code: str | None) -> Iterator[str]:
    """Yield claims of speech or music that the domain rules out."""
    own = said.stated
    if code is None or "0" not in code[:2]:
        return
    if code[0] == "0" and (found := _SPEECH.search(own)):
        yield f'says "{found.group()}", and there is no speech in the clip'
    if code[1] == "0" and (found := _MUSIC.search(own)) and not _BIRDS.search(own):
        yield f'says "{found.group()}", and there is no music in the clip'


def alike(texts: Sequence[str]) -> set[int]:
    """Return the indices of texts that an earlier one says in the same words, or nearly."""
    found: set[int] = set()
    earlier: list[tuple[str, frozenset[str]]] = []
    for index, text in enumerate(texts):
        plain = bare(text)
        parts = frozenset(plain.split())
        for other, others in earlier:
            most = max(len(parts), len(others))
            if plain == other or (most >= 12 and len(parts & others) >= _NEARLY * most):
                found.add(index)
        earlier.append((plain, parts))
    return found


_NEARLY = 0.95


def unknown_quotes(said: Said, facts: Facts) -> Iterator[str]:
    """Yield quoted words that nobody is known to have said."""
    if '"' not in said.text:
        return
    spoken = " ".join(_loose(fact.value) for fact in facts.of("words"))
    for quoted in re.findall(r'"([^"]*)"', said.text):
        if _loose(quoted) and _loose(quoted) not in spoken:
            yield f'quotes "{quoted[:60]}", which nobody says in the clip'


def _loose(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def hint_words(said: Said, known: Known) -> Iterator[str]:
    """Yield words of a title, description or impression that nothing heard supports.

    Names, which have a capital letter within a sentence, and sources of sound are looked for.
    """
    if not known.hinted:
        return
    spoken = " ".join(fact.value for fact in known.facts.of("words")).lower()
    for match in _LONGER.finditer(said.own):
        word, before = match.group(), said.own[: match.start()].rstrip()
        named = word[0].isupper() and before[-1:] not in ("", ".", "!", "?", '"')
        hinted = stem(word) in known.hinted and stem(word) not in known.words
        if hinted and (named or stem(word) in STEMMED_SOURCES) and word.lower() not in spoken:
            yield f'says "{word}", which only a hint says: leave it out'


_LONGER = re.compile(r"[^\W\d_]{4,}")


def wrong_order(said: Said, known: Known) -> Iterator[str]:
    """Yield an order of two sounds that their times contradict, where that can be told surely."""
    if said.words.isdisjoint(_ORDERS):
        return
    for sentence in re.split(r"(?<=[.!?;]) ", said.own):
        parts = _CUE.split(sentence, maxsplit=1)
        if len(parts) == 3:
            first, second = parts[0], parts[2]
        elif match := _AFTER.match(sentence):
            first, second = match.groups()
        else:
            continue
        early, late = _only(first, known), _only(second, known)
        if early is None or late is None or early.value == late.value:
            continue
        if (early.start or 0.0) > (late.start or 0.0) + 0.5:
            yield f"puts {early.text} before {late.text}, and it is the other way round"


def _only(part: str, known: Known) -> Fact | None:
    """Return the one timed sound that a part of a sentence names; None if it names more or none."""
    named: list[Fact] = []
    for word in re.findall(r"[a-z]+", part.lower()):
        source = STEMMED_SOURCES.get(stem(word))
        if source is None:
            continue
        classes = classes_of(source)
        named += [f for f in known.heard if f.kind == "sound" and f.value in classes]
    labels = {fact.value for fact in named}
    if len(labels) != 1 or len({fact.start for fact in named}) != 1:
        return None
    return named[0]
