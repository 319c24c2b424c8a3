"""
Files with zones and durations, and their rows as `datasets` shows them: JSON on standard output, {name: {parquet, rows}}, where rows
is null for a file whose rows it can't show. Without arguments those of files/zones-and-durations.json; with a seed, random ones.
Needs datasets, pyarrow and pandas. All values are made up.
"""

import base64
import io
import json
import random
import sys
import tempfile
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

datasets.disable_progress_bars()
datasets.logging.set_verbosity_error()

UNITS = ('s', 'ms', 'us', 'ns')
ZONES = ('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia', 'America/St_Johns', 'Etc/GMT+5',
         'UTC', 'Etc/UTC', 'GMT', 'utc', '+05:30', '-08:00', '+00:00', '-00:30', '+13:45')
# Clocks set forward and back in Berlin, moments around 1970 and before there were zones; in seconds.
MOMENTS = (0, -1, 1, 1603587599, 1603584000, 1603587600, 1603591199, 1603591200, 1585443600, 1585443599, -3786825600, 1720000000)


def written(table, note=None):
    """The file's bytes; with a note in the place of its own schema."""
    file = io.BytesIO()
    if note is None:
        pq.write_table(table, file, version='2.6')
    else:
        with pq.ParquetWriter(file, table.schema, store_schema=False) as writer:
            writer.write_table(table)
            writer.add_key_value_metadata({'ARROW:schema': note})
    return file.getvalue()


def noted(*fields):
    return base64.b64encode(pa.schema(fields).serialize().to_pybytes())


def rows_of(parquet):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'file.parquet'
        path.write_bytes(parquet)
        try:
            loaded = datasets.load_dataset('parquet', data_files=str(path), cache_dir=folder, split='train')
            return [repr(row) for row in loaded]
        except Exception:
            return None


def moments(zone, unit, seconds=MOMENTS):
    scale = 10 ** (3 * UNITS.index(unit))
    return pa.array([second * scale + (7 % scale) for second in seconds] + [None], pa.int64()).cast(pa.timestamp(unit, tz=zone))


def durations(unit, counts=(0, 1, -1, 86400, -86400, 90061, 999999, None)):
    return pa.array(counts, pa.int64()).cast(pa.duration(unit))


def fixed():
    for unit in UNITS:
        yield f'zones in {unit}', written(pa.table({zone: moments(zone, unit) for zone in ZONES}))
    yield 'durations', written(pa.table({unit: durations(unit) for unit in UNITS}))
    yield 'nested', written(nested('Europe/Berlin', 'ms', [1603587600, 0]))
    yield 'nested, nanoseconds', written(nested('-08:00', 'ns', [1603587600, 0]))
    utc = pa.table({'t': moments('UTC', 'us'), 'i': pa.array(range(len(MOMENTS) + 1), pa.int64())})
    berlin = pa.field('t', pa.timestamp('us', tz='Europe/Berlin'))
    count = pa.field('i', pa.duration('s'))
    yield 'a note with other names', written(utc, noted(berlin.with_name('x'), count.with_name('y')))
    yield 'a note with another unit', written(utc, noted(pa.field('t', pa.timestamp('ns', tz='Asia/Tokyo')), count))
    yield 'a note with one column more', written(utc, noted(berlin, count, berlin.with_name('more')))
    yield 'a note with one column less', written(utc, noted(berlin))
    yield 'a note with columns in another order', written(utc, noted(count, berlin))
    yield 'a note of dictionaries', written(utc, noted(pa.field('t', pa.dictionary(pa.int32(), berlin.type)), count))
    yield 'a note of a zone that nobody knows', written(utc, noted(pa.field('t', pa.timestamp('us', tz='Nope/Nowhere')), count))
    yield 'a note of a zone without a colon', written(utc, noted(pa.field('t', pa.timestamp('us', tz='+0530')), count))
    yield 'a note of a zone of Java', written(utc, noted(pa.field('t', pa.timestamp('us', tz='PST')), count))
    whole = noted(berlin, count)
    for cut in (0, 4, 60, len(whole) - 8, len(whole) - 4):
        yield f'a note of {cut} characters', written(utc, whole[:cut])
    yield 'a note that is no base64', written(utc, b'!' + whole[1:])
    yield 'a note without its first mark', written(utc, base64.b64encode(base64.b64decode(whole)[4:]))
    yield 'a note that goes on', written(utc, base64.b64encode(base64.b64decode(whole) + b'x' * 9))
    batch = pa.record_batch([pa.array([1])], names=['t']).serialize().to_pybytes()
    yield 'a note that is no schema', written(utc, base64.b64encode(batch))
    early = pa.array([-62135596800], pa.int64()).cast(pa.timestamp('s', tz='UTC')).cast(pa.timestamp('ms', tz='-08:00'))
    yield 'a moment before the first year', written(pa.table({'t': early}))
    yield 'a duration that is too long', written(pa.table({'d': durations('s', (86400 * 10 ** 9,))}))
    yield 'no time at all', written(pa.table({'d': durations('ns', (-2 ** 63, 5)), 't': pa.array([-2 ** 63, 5], pa.int64()).cast(pa.timestamp('ns'))}))


def nested(zone, unit, seconds):
    moment, length = pa.timestamp(unit, tz=zone), pa.duration(unit)
    scale = 10 ** (3 * UNITS.index(unit))
    values = [second * scale for second in seconds]
    struct = pa.struct([('t', moment), ('d', length), ('n', pa.int64())])
    return pa.table({
        'list': pa.array([values, [], None, [None]], pa.list_(moment)),
        'large': pa.array([values, [], None, [None]], pa.large_list(length)),
        'struct': pa.array([{'t': value, 'd': value, 'n': value} for value in values] + [None, {'t': None, 'd': None, 'n': 1}], struct),
        'deep': pa.array([[[{'t': values[0], 'd': 1, 'n': 2}]], [], [[]], None], pa.list_(pa.list_(struct))),
        'pair': pa.array([values, None, values, values], pa.list_(length, 2)),
    })


def random_ones(seed):
    chance = random.Random(seed)
    # Zones' rules before 1970 and after now are not the same in each edition of the tz database.
    zones = [zone for zone in ZONES + ('Europe/London', 'America/Sao_Paulo', 'Africa/Cairo', 'Asia/Tehran') if zone != 'utc']
    for at in range(12):
        zone, unit = chance.choice(zones), chance.choice(UNITS)
        seconds = [chance.randrange(0, 1735689600) for _ in MOMENTS]
        counts = [chance.randrange(-10 ** chance.randrange(1, 16), 10 ** chance.randrange(1, 16)) for _ in MOMENTS] + [None]
        name = f'{zone} {unit} {at}'
        yield name, written(pa.table({'t': moments(zone, unit, seconds), 'd': durations(chance.choice(UNITS), counts)}))
        yield f'{name}, nested', written(nested(zone, unit, seconds[:2]))


made = random_ones(int(sys.argv[1])) if len(sys.argv) > 1 else fixed()
json.dump({name: {'parquet': base64.b64encode(file).decode(), 'rows': rows_of(file)} for name, file in made}, sys.stdout, indent=1)
print()
