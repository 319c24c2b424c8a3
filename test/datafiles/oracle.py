"""Prints, as JSON, the rows (Python's repr) that `datasets` reads from each file of cases.json, or null where it refuses it."""

import gzip
import json
import pathlib
import sys
import tempfile

import datasets

datasets.disable_progress_bars()
datasets.logging.set_verbosity(datasets.logging.CRITICAL)


def rows_of(case):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, 'rows')
        content = bytes(case.get('before', [])) + case['text'].encode('utf-8')
        path.write_bytes(gzip.compress(content) if case.get('packed') else content)
        try:
            loaded = datasets.load_dataset(
                case['format'], data_files={'test': str(path)}, cache_dir=folder, **case.get('options', {})
            )
            return [repr(row) for row in loaded['test']]
        except Exception:
            return None


print(json.dumps([rows_of(case) for case in json.load(sys.stdin)]))
