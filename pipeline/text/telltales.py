"""Words that give a text away: talk of models and metrics, measured numbers, noise, time, absence.

All functions take one text in English and return what they found, in order. What a text quotes is
somebody else's words, often in another language: only `quotes` looks at it.
"""

import re

_DOUBLE = r'"[^"]*"|“[^”]*[”“]|„[^“”]*[“”]|«[^»]*»'
_SINGLE = r"(?<!\w)['‘](?!n['’])(?=\S)[^\n]{0,300}?(?<=[^\s])['’](?!\w)"
_QUOTED = re.compile(f"{_DOUBLE}|{_SINGLE}")


def quotes(text: str) -> list[str]:
    """Return what stands between quotation marks, double or single, without the marks."""
    return [found[1:-1] for found in _QUOTED.findall(text) if found[1:-1].strip()]


def unquoted(text: str) -> str:
    """Return the text with empty quotation marks."""
    return _QUOTED.sub('""', text) if _has_mark(text) else text


def expert_talk(text: str) -> list[str]:
    """Return talk of models, metrics, labels, probabilities, transcripts, metadata or titles.

    Words that a speaker may speak about, such as metrics or probability, count unless the same
    clause says that they are spoken about. Give a question together with its answer: whether an
    answer is about a lecture or about a model often shows in the question alone.
    """
    own = unquoted(text)
    lower = own.lower()
    if not any(stem in lower for stem in _STEMS):
        return []
    found = {match.start(): match.group() for match in _TALK.finditer(own)}
    for match in _AMBIGUOUS.finditer(own):
        before = own[max(0, match.start() - _CLAUSE_LENGTH) : match.start()]
        if not _TOPIC.search(_CLAUSE.split(before)[-1]):
            found.setdefault(match.start(), match.group())
    return [found[start] for start in sorted(found)]


def raw_numbers(text: str) -> list[str]:
    """Return measured numbers, with their units.

    Years, ordinals, time signatures and names such as `MP3` are no measures, nor are number words
    unless they count a unit of measure: `two women` is none, `ninety beats per minute` is one.
    """
    if _COUNTS.search(text) is None:
        return []
    return [match.group().strip() for match in _NUMBER.finditer(unquoted(text))]


def noise_claims(text: str) -> list[str]:
    """Return words that speak of noise or of a damaged recording, also where they deny it."""
    return _NOISE.findall(unquoted(text))


def temporal_words(text: str) -> list[str]:
    """Return words that say anything of time: an order, a change, or that sound comes and goes."""
    return _TIME.findall(unquoted(text))


def order_words(text: str) -> list[str]:
    """Return words that put sounds in an order or tell of a change in time."""
    return _ORDER.findall(unquoted(text))


def absences(text: str) -> list[str]:
    """Return statements that something is not heard; a bare `None` is one."""
    own = unquoted(text)
    if is_none(own):
        return [own.strip()]
    return [match.group() for match in _ABSENT.finditer(own)]


def is_none(text: str) -> bool:
    """Tell whether a text is nothing but `None`."""
    return text.strip().rstrip(".").lower() == "none"


def polar(answer: str) -> bool | None:
    """Return whether an answer says yes or no; None where it says neither."""
    match = _POLAR.match(answer)
    return None if match is None else match.group(1).lower() in ("yes", "yeah", "yep")


def non_latin(text: str) -> bool:
    """Tell whether a text holds letters of another script than Latin."""
    return not text.isascii() and _NON_LATIN.search(text) is not None


def _has_mark(text: str) -> bool:
    return any(mark in text for mark in "\"'“„«‘")


def _words(*patterns: str) -> re.Pattern[str]:
    """Return a pattern for any of these, at the start of a word, in any case."""
    return re.compile(rf"\b(?:{'|'.join(patterns)})", re.IGNORECASE)


_HEARD = (
    r"(?:audio|sound|speech|voice|vocal|speaker|music(?:al)?|genre|mood|emotion(?:al|s)?|gender|"
    r"accent|language|instrument|drum|beat|tempo|event|scene|noise|silence|crowd|system)"
)
_MACHINE = r"(?:models?|systems?|tools?|algorithms?|analy[sz]ers?|components?)"
_JUDGED = r"(?:detections?|classifications?|identifications?|predictions?|labels?)"

_TALK = _words(
    # Metrics, data sets and models by name.
    r"(?:dns|p|ut|sig)?mos(?:[-_]\w+)?\b",
    r"nisqa\w*",
    r"rt[- ]?60\b|[ct]50\b|snr\b|lufs\b|dbfs\b|rms\b(?! titanic)",
    r"(?:pesq|stoi|squim|audioset|yamnet|panns|pyannote|silero|hubert|wavlm|musicnn|dasheng|lalm|"
    r"asr|llms?|whisper[- ](?:large|base|small|model)|ced[- ](?:base|model|tags?|labels?)|"
    r"clap (?:scores?|model))\b|(?:wav2vec|emotion2vec|nsynth|qwen|deepseek)\w*",
    r"diari[sz]\w+",
    # A machine that judges.
    r"classifiers?\b|language[- ]id\b|(?:sound )?event detection\b",
    rf"{_MACHINE} (?:dis)?agree\w*",
    r"models? (?:confus|conflict|output|uncertain|misattrib|error|limitation|probabilit|percept|"
    r"detect|predict|confidence|says?\b|thinks?\b|hears?\b|identif|indicat|suggest)\w*",
    r"detection (?:scores?|markers?|confidence|mismatch|inconsistenc\w+|uncertaint\w+|reliability|"
    r"consensus|fluctuations?|gaps?|conflicts?)\b",
    r"(?:gender|class|label|model|emotion|happiness) probabilit(?:y|ies)\b",
    # Its figures.
    r"(?:quality|clarity|intelligibility|reliability|noise|noisiness|colou?ration|discontinuity|"
    r"valence|arousal|dominance|happiness|emotion|confidence|similarity|probability) scores?\b",
    r"(?:quality|signal|technical|happiness|analysis) (?:metrics?|ratings?|measurements)\b",
    r"(?:high|low|moderate|strong) confidence (?:in|of|for|from|supported)\b[^.,]{0,80}\b"
    r"(?:identification|detection|recognition|classification|models?|systems?|analysis)\b",
    r"confidence (?:levels?|values?|ratings?)\b",
    r"\d[\d.]*\s?%? (?:probability|likelihood|confidence)\b",
    r"(?:high|low|positive|negative|neutral|moderate|vocal|emotional)(?:ly)?[- ]"
    r"(?:valenced?|arousal)\b|valence/arousal\b|arousal/valence\b",
    # What came with the sound.
    r"(?:video|clip|file|upload)(?:['’]s)?(?: [\w-]+)? (?:title|description|metadata)\b",
    r"(?:video|clip) (?:is )?titled\b|title of the (?:video|clip|file)\b",
    r"(?:the|this) video (?:shows|depicts)\b",
    r"(?:the|its) title (?:suggests|indicates|implies|contradicts)\b",
    r"(?:speech|verbatim|automatic|clear|accurate) transcription\b",
    r"according to (?:the )?(?:title|metadata|analysis|models?|transcript)\b",
)
_AMBIGUOUS = _words(
    rf"(?:analysis|captioning|caption|tagging|detection|classification|measurement) {_MACHINE}\b",
    r"metrics\b|measurements?\b|algorithm(?:s|ic)?\b|metadata\b|detections\b|probabilit(?:y|ies)\b",
    r"(?:mis)?classif(?:ications?|y|ied|ies)\b|misinterpret\w*",
    r"transcri(?:be|bed|bing|pts?|ptions?)\b(?! factor)",
    r"(?<!record )(?:mis|auto)?label(?:s|l?ed)?\b(?! (?:printer|maker|software|printing))",
    rf"{_HEARD}[- ](?:recognition|{_JUDGED[3:-1]}|taggers?)\b",
    r"(?<!smoke )(?<!metal )(?<!gas )(?<!fire )(?<!radar )(?<!motion )(?<!monoxide )detectors?\b"
    r"(?! alarm)",
    r"(?:both|different|several|multiple|other|some) models\b|(?:high|low) confidence\b",
    rf"(?:despite|conflicting|contradictory|inconsistent) (?:\w+ )?{_JUDGED}\b",
    r"automat(?:ed|ic) (?:\w+ )?(?:analys[ei]s|captions?|detection|classification|tagging)\b",
    r"analyses (?:dis)?(?:agree|conflict|contradict|confirm|differ|suggest|indicat|show)\w*",
)
_TOPIC = _words(
    r"discuss|describ|explain|explan|detail(?:s|ing)|outlin|about\b|regarding|concerning|lectur|"
    r"tutorial|present|narrat|recit|analy[sz](?:es|ing)\b|comment|instruct|lesson|teach|subject|"
    r"topic|mention|cover|speech\b|speak|talk|address|demonstrat|discourse|monologue|reads?\b|reading|report|review|"
    r"educat|articulat|lists?\b|enumerat|deliver|convers|dialogue|voiceover|announc"
)
_STEMS = (
    "mos", "nisqa", "rt60", "rt 60", "rt-60", "t50", "c50", "snr", "lufs", "dbfs", "rms", "pesq",
    "stoi", "squim", "audioset", "yamnet", "panns", "pyannote", "silero", "hubert", "wavlm",
    "musicnn", "dasheng", "lalm", "asr", "llm", "whisper", "ced", "clap", "wav2vec", "emotion2vec",
    "nsynth", "qwen", "deepseek", "diari", "system", "model", "tool", "algorithm", "analy",
    "component", "classif", "language", "detect", "probabilit", "likelihood", "score", "metric",
    "rating", "measurement", "confidence", "valence", "arousal", "title", "description",
    "metadata", "video", "transcri", "misinterpret", "label", "recogni", "identif", "predict",
    "tagg",
)  # fmt: skip
"""Each talk holds one of these: a text with none of them, as most are, is done with at once."""
_CLAUSE = re.compile(r"[,;:()]|\.(?!\d)")
_CLAUSE_LENGTH = 300
"""Characters at most, so that a text that never ends is judged in time."""

_DIGITS = r"\d+(?:[.,:/]\d+)*"
_SPAN = rf"[~≈<>≤≥±+-]?{_DIGITS}(?:\s?(?:-|–|to|→)\s?[~≈<>≤≥]?{_DIGITS}){{0,2}}"
_UNIT = (
    r"(?:[-–\s]?(?:bpm|beats per minute|db\w{0,2}|decibels?|k?hz|(?:kilo)?hertz|ms|milliseconds?|"
    r"secs?|seconds?|minutes?|mins?|percent|lufs|[cmk]m|km/h|mph|kg|semitones?|octaves?)\b|(?<![2-9]0)(?<!\d{3}0)\s?s\b|\s?%)"
)
_NAMED = (
    r"(?!(?:1[5-9]|20)\d\d(?:s\b|\b(?![.,]\d)))"  # a year, a decade
    r"(?![2-9]0s\b)"
    r"(?!(?:2|3|4|5|6|7|9|12)/(?:2|4|8|16)\b)(?!24/7\b)"  # a time signature
)
_NUMBER = re.compile(
    rf"(?<![\w./]){_SPAN}{_UNIT}"
    rf"|(?<![\w./-]){_NAMED}{_SPAN}(?![\w°-]|[.,]\d)"
    r"|\b(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)"
    r"(?:[- ]\w+){0,2}? (?:bpm|beats per minute|decibels?|(?:kilo)?hertz|percent)\b",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"\d|ty\b|hundred", re.IGNORECASE)

_NOISE = _words(
    r"nois\w*",
    r"static(?:-\w+)?\b|hiss\w*|hum\b",
    r"interferen\w*|distort\w*|degrad\w*|arti?e?facts?\b",
)
_IN_ORDER = (
    r"then\b|followed by\b|follows\b|before\b|after(?:wards?)?\b|initially\b|later\b|finally\b",
    r"eventually\b|transition\w*|subsequent(?:ly)?\b|preced\w+|succeeded by\b|at first\b",
    r"at the (?:start|end|beginning)\b|(?:first|second) half\b|midway\b|halfway\b",
    r"towards? the end\b|(?:begin(?:s|ning)?|end(?:s|ing)?) with\b|conclud\w+",
    r"gradually\b|giv(?:es|ing) way\b|until\b",
)
_ORDER = _words(*_IN_ORDER)
_TIME = _words(*_IN_ORDER, r"intermittent(?:ly)?\b")
_WHAT = (
    r"(?:speech|spoken|voices?|vocals?|vocali[sz]ations?|utterances?|dialogue|conversation|"
    r"narration|words|verbal|communication|music(?:al)?|melod\w+|rhythmic|instrument\w*|singing|"
    r"sounds?|audio|acoustic|environmental|events?|effects?|noises?|elements?|content|components?|"
    r"occurrences?|activity|accompaniment|ambien\w+|background|foley|percussion)"
)
_BETWEEN = r"(?: [\w/-]+){0,6}? "
_ABSENT = _words(
    rf"no{_BETWEEN}{_WHAT}\b",
    rf"(?:absence|lack|devoid|free) of{_BETWEEN}{_WHAT}\b",
    rf"{_WHAT}(?: (?:or|and|from|in) [\w-]+){{0,4}}(?: (?:is|are|appears?|seems?|remains?))?"
    r"(?: to be)?"
    r"(?: [\w-]+ly)? (?:absent|undetected|undetectable|non-?existent|unavailable|negligible|"
    r"unremarkable|(?:not|below) (?:\w+ly )?(?:present|detect\w+|audible|prominent|heard|"
    r"identified|discernible|evident|featured|significance))\b",
    rf"without (?:any|discernible|identifiable|distinct|audible|notable|isolated|discrete|"
    rf"ancillary|incidental){_BETWEEN}(?:events?|effects?|sounds?|occurrences?|speech|music)\b",
    rf"{_WHAT} lacks? (?:notable|discrete|defined|definable|distinct|identifiable)\b",
    r"null$",
)
_POLAR = re.compile(r"\W*(yes|yeah|yep|no|nope)(?![\w'’])", re.IGNORECASE)
_NON_LATIN = re.compile(
    "[\u0370-\u1dff\u2c00-\u2c5f\u2c80-\u2dff\u3040-\ua71f\ua800-\uab2f\uab70-\ud7ff\uf900-\ufaff"
    "\ufb1d-\ufdff\ufe70-\ufefc\uff66-\uffdc\U00010000-\U0001efff\U00020000-\U0003ffff]"
)
