"""Croissant, the JSON-LD that catalogues of datasets read: mlcommons.org/croissant/1.0."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.rows import MEANINGS, SCHEMA
from auricle.pipeline.export.tally import NONE, Tally
from auricle.pipeline.licences import spdx
from auricle.pipeline.version import VERSION

_BLOCK = 1 << 22
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_PARQUET = "application/x-parquet"


def croissant(
    storage: Storage,
    folder: str,
    name: str,
    splits: Mapping[str, Tally],
    risks: Sequence[str],
    personal: Sequence[str],
) -> dict[str, Any]:
    """Return what describes a set of Parquet files, with a record set for each split.

    Args:
        storage: where the files are.
        folder: their folder.
        name: of the set.
        splits: what each split holds.
        risks: sentences on what a user must know.
        personal: sentences on what it holds of real people.
    """
    licences = {told for tally in splits.values() for told in tally.licences if told != NONE}
    clips = sum(tally.clips for tally in splits.values())
    asked = any(tally.questions for tally in splits.values())
    texts = "captions and questions" if asked else "captions"
    about = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.0",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": name,
        "description": f"{clips:,} clips of sound with {texts}, made by Auricle.",
        "version": VERSION,
        "datePublished": datetime.now(UTC).date().isoformat(),
        "license": sorted(_address(told) for told in licences),
        "citeAs": f"{name}: audio captions made with Auricle {VERSION}",
        "keywords": ["audio", "audio captioning", "audio question answering"],
        "inLanguage": sorted({each for t in splits.values() for each in t.languages} - {NONE}),
        "rai:dataCollection": "Sound was cut into clips and described by models; see README.md.",
        "rai:dataAnnotationProtocol": "Machine-made from the testimony of experts; see README.md.",
        "rai:dataLimitations": list(risks),
        "rai:personalSensitiveInformation": list(personal),
        "distribution": [
            part
            for split, tally in splits.items()
            for part in _files(storage, folder, split, tally)
        ],
        "recordSet": [_records(split) for split in splits],
    }
    return {key: value for key, value in about.items() if value}


def _files(storage: Storage, folder: str, split: str, tally: Tally) -> list[dict[str, Any]]:
    """Return the files of a split, each with its hash, and the set that they make."""
    found: list[dict[str, Any]] = [
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "encodingFormat": _PARQUET,
            "sha256": _sha256(storage, f"{folder}/{name}"),
        }
        for name in tally.files
    ]
    return [
        *found,
        {
            "@type": "cr:FileSet",
            "@id": f"{split}-files",
            "name": f"{split}-files",
            "encodingFormat": _PARQUET,
            "includes": f"{split}-*.parquet",
        },
    ]


def _records(split: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"The clips of the split {split}.",
        "field": [_field(split, column) for column in SCHEMA],
    }


def _field(split: str, column: pa.Field) -> dict[str, Any]:
    inner = column.type.value_type if pa.types.is_list(column.type) else column.type
    made: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{split}/{column.name}",
        "name": column.name,
        "description": MEANINGS[column.name],
    }
    if pa.types.is_list(column.type):
        made["repeated"] = True
    if pa.types.is_struct(inner) and column.name != "audio":
        made["subField"] = [_part(split, column.name, part.name) for part in inner]
        return made
    made["dataType"] = _type(column.name, inner)
    made["source"] = _source(split, column.name, "bytes" if column.name == "audio" else None)
    return made


def _part(split: str, column: str, part: str) -> dict[str, Any]:
    """Return a field of the items of a list."""
    return {
        "@type": "cr:Field",
        "@id": f"{split}/{column}/{part}",
        "name": part,
        "dataType": "sc:Text",
        "repeated": True,
        "source": _source(split, column, part),
    }


def _source(split: str, column: str, part: str | None) -> dict[str, Any]:
    made = {"fileSet": {"@id": f"{split}-files"}, "extract": {"column": column}}
    return made if part is None else {**made, "transform": {"jsonPath": part}}


def _type(name: str, kind: pa.DataType) -> str:
    if name == "audio":
        return "sc:AudioObject"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"


def _address(told: str) -> str:
    """Return a licence as an address where it is an SPDX id, else as the source has it."""
    known = spdx(told)
    return f"https://spdx.org/licenses/{known}" if known and " " not in known else told


def _sha256(storage: Storage, name: str) -> str:
    digest = hashlib.sha256()
    with storage.open(name) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
