"""The command line: quick to start, plain about mistakes, readable about results."""

import json
import subprocess
import sys
import time

import pytest
from conftest import auricle

SLOW_TO_IMPORT = {"ray", "torch", "pandas", "pyarrow", "onnxruntime", "faster_whisper", "av"}


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = (
        "import sys, auricle.pipeline.cli as c\n"
        "try: c.cli(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    )
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    spent = time.monotonic() - begun
    assert "captions, questions and splits" in done.stdout
    assert not SLOW_TO_IMPORT & set(json.loads(done.stderr.replace("'", '"')))
    assert spent < 5  # half a second on an idle machine; bench/ holds the figure


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "not-there", "--out", "OUT"], "not-there"),
        (["status", "not-there"], "no dataset here; make one with `auricle run`"),
        (["annotate", "not-there"], "no dataset here"),
        (["run", "samples", "--out", "OUT", "--config", "no.yaml"], "no.yaml: cannot read"),
        (["run", "samples", "--out", "OUT", "--redo", "tgas"], "--redo tgas: no such stage"),
        (["run", "samples", "--out", "OUT", "--clip-seconds", "0"], "greater than 0"),
        (["models", "fetch", "wisper-base"], "whisper-base"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(tmp_path, arguments, message) -> None:
    done = auricle(*(str(tmp_path / "set") if a == "OUT" else a for a in arguments))
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_run_says_what_it_did(demo) -> None:
    done = auricle("status", str(demo), "--json")
    tables = {line["table"]: line for line in json.loads(done.stdout)}
    assert {"recordings", "clips", "signal", "tags", "captions", "qa", "split"} <= tables.keys()
    clips = tables["clips"]["rows"]
    for name, line in tables.items():
        assert line["pending"] == 0
        assert line["errors"] == 0
        assert name == "recordings" or line["rows"] == clips


def test_show_prints_a_clip_so_that_a_person_understands_it(demo) -> None:
    lines = json.loads(auricle("show", str(demo), "--json").stdout)
    speech = next(line for line in lines if line["domain"].startswith("S"))
    shown = auricle("show", str(demo), speech["clip"], COLUMNS="80").stdout
    for part in ("Timeline", "Evidence", "[E1]", "Captions", "Questions", "Made by", "silero"):
        assert part in shown
    assert speech["caption"].split()[0] in shown


def test_show_as_json_holds_every_table(demo) -> None:
    clip = json.loads(auricle("show", str(demo), "--json").stdout)[0]["clip"]
    known = json.loads(auricle("show", str(demo), clip, "--json").stdout)
    assert known["clip_id"] == clip
    assert {"signal", "tags", "domain", "captions", "qa", "split", "made_by"} <= known.keys()


def test_a_clip_that_is_not_there_is_named(demo) -> None:
    done = auricle("show", str(demo), "no-such-clip")
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no clip no-such-clip" in done.stderr


def test_another_source_into_the_same_dataset_is_refused(demo, tmp_path) -> None:
    done = auricle("run", str(tmp_path), "--out", str(demo))
    assert done.returncode == 2
    assert "was made from" in done.stderr


def test_experts_are_listed_with_their_licences() -> None:
    rows = json.loads(auricle("experts", "--json").stdout)
    assert {"vad", "events", "tags", "transcript", "music"} <= {row["role"] for row in rows}
    assert all(row["code"] for row in rows)


def test_options_of_several_values_take_them_in_a_row() -> None:
    done = auricle("baseline", "--benchmark", "nowhere", "--metrics", "fense", "date", "--json")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    done = auricle("baseline", "--benchmark", "nowhere", "--metrics", "fense", "gold")
    assert "'gold' is not one of" in done.stderr
