"""MECAT's figures: what this lint finds in the test references that MECAT published.

They are the captions and questions of the package `mecat` 1.1.0 (Niu et al., arXiv 2507.23511):
20,052 clips, three variants in each of six categories, five questions. A test holds these numbers
against the package where it is installed: a change of the ruler has to be followed here.
"""

from auricle.pipeline.text.lint_figures import Lengths, Usual

Figure = float | Lengths | None

CAPTIONS: dict[str, dict[str, Figure]] = {
    "captions": {
        "clips": 20_052,
        "captions": 360_936,
        "vocabulary": 23_588,
        "repeated": 0.2792,
        "alike": 0.0,
        "nones": 0.086,
        "blank": 0.0,
    },
    "long, environment": {
        "expert_talk": 0.0077,
        "raw_numbers": 0.0095,
        "noise_claims": 0.6887,
        "temporal_words": 0.0487,
        "order_words": 0.0198,
    },
    "000": {"expert_talk": 0.0698, "noise_claims": 0.77},
    "00A": {"expert_talk": 0.0045, "noise_claims": 0.8347},
    "0M0": {"expert_talk": 0.0048, "noise_claims": 0.7509},
    "0MA": {"expert_talk": 0.0067, "noise_claims": 0.7362},
    "S00": {"expert_talk": 0.0107, "noise_claims": 0.5987},
    "S0A": {"expert_talk": 0.0072, "noise_claims": 0.7149},
    "SM0": {"expert_talk": 0.0037, "noise_claims": 0.7422},
    "SMA": {"expert_talk": 0.0036, "noise_claims": 0.7644},
    "short": {
        "words": Lengths(8.81, 9, 12),
        "short": 0.9994,
        "vocabulary": 9_508,
        "repeated": 0.0096,
        "absences": 0.0018,
        "nones": 0.0,
        "quotes": 0.0011,
        "non_latin": 0.0,
    },
    "long": {
        "words": Lengths(17.45, 16, 28),
        "short": 0.4384,
        "vocabulary": 13_966,
        "repeated": 0.0,
        "absences": 0.0105,
        "nones": 0.0,
        "quotes": 0.0107,
        "non_latin": 0.0004,
    },
    "speech": {
        "words": Lengths(8.25, 8, 14),
        "short": 0.9677,
        "vocabulary": 18_764,
        "repeated": 0.188,
        "absences": 0.1901,
        "nones": 0.0635,
        "quotes": 0.06,
        "non_latin": 0.0043,
    },
    "music": {
        "words": Lengths(5.85, 4, 12),
        "short": 0.9817,
        "vocabulary": 2_418,
        "repeated": 0.5621,
        "absences": 0.5639,
        "nones": 0.1879,
        "quotes": 0.0011,
        "non_latin": 0.0,
    },
    "sound": {
        "words": Lengths(4.98, 5, 9),
        "short": 0.9999,
        "vocabulary": 2_886,
        "repeated": 0.725,
        "absences": 0.7599,
        "nones": 0.2647,
        "quotes": 0.0003,
        "non_latin": 0.0,
    },
    "environment": {
        "words": Lengths(7.58, 7, 10),
        "short": 0.9977,
        "vocabulary": 2_566,
        "repeated": 0.1897,
        "absences": 0.005,
        "nones": 0.0,
        "quotes": 0.0,
        "non_latin": 0.0,
    },
}
QA: dict[str, Figure] = {
    "clips": 20_052,
    "pairs": 100_260,
    "repeated_questions": 0.8181,
    "repeated_answers": 0.2592,
    "yes_no": 0.152,
    "no": 0.7008,
    "told": 0.8372,
    "expert_talk": 0.008,
    "raw_numbers": 0.0028,
    "question_words": Lengths(7.09, 7, 10),
    "answer_words": Lengths(6.62, 7, 10),
}
CRAMERS_V = 0.7947
QA_CATEGORIES = {
    "direct_perception": 0.2057,
    "sound_characteristics": 0.1972,
    "inference_judgement": 0.197,
    "quality_assessment": 0.1889,
    "environment_reasoning": 0.1825,
    "application_context": 0.0286,
}
QA_DIFFICULTIES = {"intermediate": 0.3639, "basic": 0.236, "advanced": 0.2001, "complex": 0.1999}
QA_USUAL = {
    "direct_perception": Usual("basic", 0.984),
    "sound_characteristics": Usual("intermediate", 0.937),
    "inference_judgement": Usual("complex", 0.7903),
    "quality_assessment": Usual("intermediate", 0.6927),
    "environment_reasoning": Usual("advanced", 0.8013),
    "application_context": Usual("complex", 0.6001),
}
