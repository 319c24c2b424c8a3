"""The emulation of `datasets`: a table of rows with Arrow's rules about types, and what the functions of tasks do with it.

Each row also says from which row of the split it stems, as far as that can be told; None where it can't.
"""

import functools
import itertools

from collections.abc import Mapping, MutableMapping
from sampler_box import arrow, features, numbers, refusing

# Rows that `datasets` writes at a time: the first ones settle the types of all (`ArrowWriter`).
WRITTEN = 1000
# Where the work is (`Place` of sampler_box/process.py), which the box puts here.
place = None
# Told what is done with rows together, of each function before rows are handed to it, of rows that were done, where it says
# after how many more, and when the last one is; `settled` notes the types that each `map` settled. All for sampler_box/apart.py.
look = lambda what: None
begin = lambda *met: None
rows_done = lambda count: 1
over = lambda: None
settled = []


def together(what):
    """Marks a method that looks at rows together."""
    def mark(method):
        @functools.wraps(method)
        def looking(*args, **options):
            look(what)
            return method(*args, **options)
        return looking
    return mark


def fresh(value):
    """A copy, as each access of a document gives one."""
    kind = type(value)
    if kind is list:
        return [fresh(item) for item in value]
    if kind is dict:
        return {name: fresh(item) for name, item in value.items()}
    return value


class LazyRow(MutableMapping):
    """The row that `map` hands to a function: a mapping, no dict, whose columns are copied when they are looked at."""
    __slots__ = ('data', 'lazy')

    def __init__(self, data, lazy=None):
        self.data = data
        self.lazy = set(data) if lazy is None else lazy

    def __len__(self):
        return len(self.data)

    def __getitem__(self, key):
        value = self.data[key]
        if key in self.lazy:
            if type(value) is not str:
                value = self.data[key] = fresh(value)
            self.lazy.discard(key)
        return value

    def __setitem__(self, key, value):
        self.lazy.discard(key)
        self.data[key] = value

    def __delitem__(self, key):
        self.lazy.discard(key)
        del self.data[key]

    def __iter__(self):
        return iter(self.data)

    def __contains__(self, key):
        return key in self.data

    def _all(self):
        for key in list(self.lazy):
            self[key]

    def __repr__(self):
        self._all()
        return repr(self.data)

    def _merged(self, first, second, other):
        if isinstance(other, LazyRow):
            other._all()
        return LazyRow({**first, **second}, self.lazy - set(other))

    def __or__(self, other):
        if not isinstance(other, (LazyRow, dict)):
            return NotImplemented
        return self._merged(self.data, dict(other), other)

    def __ror__(self, other):
        if not isinstance(other, (LazyRow, dict)):
            return NotImplemented
        return self._merged(dict(other), self.data, other)

    def __ior__(self, other):
        self.lazy -= set(other)
        self.data.update(dict(other))
        return self

    def copy(self):
        return LazyRow(dict(self.data), set(self.lazy))

    __copy__ = copy

    @classmethod
    def fromkeys(cls, iterable, value=None):
        raise NotImplementedError


class Writer:
    """Collects what a `map` makes and settles the columns' types as `ArrowWriter` does: the first rows keep the old type
    where they can, and later ones are cast to what the first ones settled."""

    def __init__(self, types, wanted=None):
        self.old, self.wanted, self.types = types, wanted, None
        self.rows, self.pending = [], []

    def write(self, row):
        self.pending.append(row)
        if len(self.pending) >= WRITTEN:
            self.flush()

    def flush(self):
        if self.pending:
            pending, self.pending = self.pending, []
            self.write_batch(self.ordered(pending[0]), pending)

    def ordered(self, first):
        known = self.old if self.types is None else self.types
        return [name for name in known if name in first] + [name for name in first if name not in known]

    def write_batch(self, names, rows):
        columns, types = [], {}
        for name in names:
            arrow.text_in(name)
            values = [row[name] for row in rows]
            if self.types is not None:
                types[name] = self.types[name]
                columns.append(arrow.forced(values, types[name]))
            elif self.wanted is not None:
                types[name] = self.wanted[name]
                columns.append(arrow.forced(values, types[name]))
            else:
                values, types[name] = arrow.tried(values, self.old.get(name))
                columns.append(values)
        if self.types is None:
            self.types = types
        elif list(types) != list(self.types):
            missing = [name for name in self.types if name not in types]
            if missing:
                raise ValueError(f'Schema and number of arrays unequal: {missing}')
        for values in zip(*columns):
            self.rows.append(dict(zip(names, values)))


class Dataset:
    def __init__(self, rows, types, origins):
        self._rows, self._types, self._origins = rows, types, origins

    # --------------------------------------------------------------------------------------------- making
    @classmethod
    @together('from_dict')
    def from_dict(cls, mapping, features=None, info=None, split=None):
        columns, types, count = {}, {}, None
        if features is not None:
            mapping = {name: mapping[name] for name in features}
        for name, values in mapping.items():
            values = list(values)
            if count is not None and len(values) != count:
                raise arrow.ArrowInvalid(f'Column {len(columns)} named {name} expected length {count} but got length {len(values)}')
            count = len(values)
            if features is None:
                columns[name], types[name] = arrow.column(values)
            else:
                types[name] = kind_of(features[name])
                columns[name] = arrow.forced(values, types[name])
        rows = [dict(zip(columns, values)) for values in zip(*columns.values())]
        return cls(rows, types, [None] * len(rows))

    @classmethod
    @together('from_list')
    def from_list(cls, mapping, features=None, info=None, split=None):
        mapping = list(mapping)
        return cls.from_dict({name: [row.get(name) for row in mapping] for name in mapping[0]} if mapping else {}, features)

    @classmethod
    @together('from_generator')
    def from_generator(cls, generator, features=None, cache_dir=None, keep_in_memory=False, gen_kwargs=None, **ignored):
        writer = Writer({}, None if features is None else {name: kind_of(feature) for name, feature in features.items()})
        for row in generator(**(gen_kwargs or {})):
            writer.write(row)
        writer.flush()
        return cls(writer.rows, writer.types or {}, [None] * len(writer.rows))

    @classmethod
    @together('from_pandas')
    def from_pandas(cls, df, features=None, info=None, split=None, preserve_index=None):
        return cls.from_list(df.rows, features)

    # --------------------------------------------------------------------------------------------- looking
    @property
    def features(self):
        return features.Features((name, features.feature_of(kind)) for name, kind in self._types.items())

    @property
    def column_names(self):
        return list(self._types)

    @property
    @together('the number of rows')
    def num_rows(self):
        return len(self._rows)

    @property
    def num_columns(self):
        return len(self._types)

    @property
    @together('the number of rows')
    def shape(self):
        return len(self._rows), len(self._types)

    @together('the number of rows')
    def __len__(self):
        return len(self._rows)

    @together('a loop over rows')
    def __iter__(self):
        for row, origin in zip(self._rows, self._origins):
            if origin is not None:
                place.at(origin)
            yield fresh(row)

    @together('rows by their places')
    def __getitem__(self, key):
        if isinstance(key, str):
            if key not in self._types:
                raise KeyError(f"Column {key} not in the dataset. Current columns in the dataset: {self.column_names}")
            return [fresh(row[key]) for row in self._rows]
        if isinstance(key, (int, numbers.Scalar)):
            position = int(key)
            if not -len(self._rows) <= position < len(self._rows):
                raise IndexError(f'Invalid key: {position} is out of bounds for size {len(self._rows)}')
            return fresh(self._rows[position])
        if isinstance(key, slice):
            rows = self._rows[key]
        else:
            rows = [self._rows[int(position)] for position in key]
        return {name: [fresh(row[name]) for row in rows] for name in self._types}

    @together('batches of rows')
    def iter(self, batch_size, drop_last_batch=False):
        for start in range(0, len(self), batch_size):
            if drop_last_batch and start + batch_size > len(self):
                return
            yield self[start:start + batch_size]

    @together('to_list')
    def to_list(self):
        return fresh(self._rows)

    @together('to_dict')
    def to_dict(self, batch_size=None):
        return self[:]

    def to_pandas(self, *ignored, **options):
        raise refusing.Unavailable('Dataset.to_pandas is not in the sandbox')

    @together('unique')
    def unique(self, column):
        return list(dict.fromkeys(self[column]))

    @together('the number of rows')
    def __repr__(self):
        return f'Dataset({{\n    features: {self.column_names},\n    num_rows: {len(self)}\n}})'

    # --------------------------------------------------------------------------------------------- choosing
    def _taken(self, positions):
        return Dataset([self._rows[i] for i in positions], self._types, [self._origins[i] for i in positions])

    @together('select')
    def select(self, indices, **ignored):
        positions = [int(i) for i in indices]
        for position in positions:
            if not -len(self) <= position < len(self):
                raise IndexError(f'Index {position} out of range for dataset of size {len(self)}.')
        return self._taken(positions)

    @together('skip')
    def skip(self, n):
        return self._taken(range(min(n, len(self)), len(self)))

    @together('take')
    def take(self, n):
        return self._taken(range(min(n, len(self))))

    @together('shard')
    def shard(self, num_shards, index, contiguous=True, **ignored):
        if contiguous:
            size, more = divmod(len(self), num_shards)
            start = size * index + min(index, more)
            return self._taken(range(start, start + size + (index < more)))
        return self._taken(range(index, len(self), num_shards))

    @together('sort')
    def sort(self, column_names, reverse=False, **ignored):
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        flags = [reverse] * len(names) if isinstance(reverse, bool) else list(reverse)
        positions = list(range(len(self)))
        for name, flag in reversed(list(zip(names, flags))):
            positions.sort(key=lambda i: self._rows[i][name], reverse=flag)
        return self._taken(positions)

    def filter(self, function=None, with_indices=False, with_rank=False, input_columns=None, batched=False, batch_size=1000,
               keep_in_memory=False, load_from_cache_file=None, cache_file_name=None, writer_batch_size=1000, fn_kwargs=None, num_proc=None,
               suffix_template='', new_fingerprint=None, desc=None):
        if function is None:
            function = lambda *args, **kwargs: True
        options = fn_kwargs or {}
        self._meet(function, options, with_indices, with_rank, batched)
        kept = []
        if batched:
            for positions, given in self._batches(batch_size, input_columns):
                extra = extras(positions, with_indices, with_rank)
                kept += [i for i, keep in zip(positions, function(*given, *extra, **options)) if keep]
        else:
            flat = all(isinstance(kind, str) for kind in self._types.values())
            copied = dict if flat else fresh
            plain = input_columns is None and not (with_indices or with_rank or options)
            for i, row in self._one_by_one():
                if plain:
                    keep = function(copied(row))
                else:
                    given = [copied(row)] if input_columns is None else columns_of(row, input_columns)
                    keep = function(*given, *extras(i, with_indices, with_rank), **options)
                if keep:
                    kept.append(i)
        return self._taken(kept)

    # --------------------------------------------------------------------------------------------- changing
    def map(self, function=None, with_indices=False, with_rank=False, input_columns=None, batched=False, batch_size=1000,
            drop_last_batch=False, remove_columns=None, keep_in_memory=False, load_from_cache_file=None, cache_file_name=None,
            writer_batch_size=1000, features=None, disable_nullable=False, fn_kwargs=None, num_proc=None, suffix_template='',
            new_fingerprint=None, desc=None, try_original_type=True):
        if function is None:
            function = lambda row, *args, **kwargs: row
        removed = [remove_columns] if isinstance(remove_columns, str) else list(remove_columns or [])
        for name in removed:
            if name not in self._types:
                raise ValueError(f"Column to remove ['{name}'] not in the dataset. Current columns in the dataset: {self.column_names}")
        settled.append(None)
        if not self._rows:
            return self.remove_columns(removed) if removed else self
        writer = Writer(self._types if try_original_type else dict.fromkeys(self._types),
                        None if features is None else {name: kind_of(feature) for name, feature in features.items()})
        options = fn_kwargs or {}
        self._meet(function, options, with_indices, with_rank, batched)
        order = len(settled) - 1
        origins, changed = [], False
        if batched:
            for positions, given in self._batches(batch_size, input_columns, drop_last_batch):
                done = function(*given, *extras(positions, with_indices, with_rank), **options)
                changed = done is not None
                if not changed:
                    continue
                batch = merged(given[0] if input_columns is None else self._part(positions), done, removed)
                for name, values in batch.items():
                    if not isinstance(values, (list, numbers.ndarray, LazyColumn)):
                        raise TypeError(f'Provided `function` which is applied to all elements of table returns a `dict` of types '
                                        f'{[type(value) for value in batch.values()]}. When using `batched=True`, make sure provided '
                                        f'`function` returns a `dict` of types like `list`.')
                count = len(next(iter(batch.values()))) if batch else 0
                if any(len(values) != count for values in batch.values()):
                    raise arrow.ArrowInvalid('columns of a batch have different lengths')
                rows = [dict(zip(batch, values)) for values in zip(*batch.values())]
                if rows:
                    writer.write_batch(writer.ordered(batch), rows)
                origins += [self._origins[i] for i in positions] if count == len(positions) and stays(self, positions, rows) else [None] * count
        else:
            simple = input_columns is None and not (with_indices or with_rank or options)
            for i, row in self._one_by_one():
                lazy = LazyRow(dict(row))
                if simple:
                    done = function(lazy)
                else:
                    given = [lazy] if input_columns is None else columns_of(row, input_columns)
                    done = function(*given, *extras(i, with_indices, with_rank), **options)
                changed = done is not None
                if not changed:
                    look('a map that gives nothing for a row')
                    continue
                if i and not origins:
                    # `datasets` has no writer where the first row gave nothing.
                    raise AttributeError("'NoneType' object has no attribute 'write'")
                writer.write(merged(lazy if input_columns is None else row, done, removed))
                origins.append(self._origins[i])
        if not changed:
            # What counts for `datasets` is whether the last row gave something.
            return self
        writer.flush()
        if writer.types is None:
            return Dataset([], dict(self._types), [])
        settled[order] = list(writer.types.items())
        return Dataset(writer.rows, writer.types, origins)

    def _one_by_one(self):
        """Rows with their positions, each to be handed to a function: who watches hears of them as often as it asks for."""
        told = looked = 0
        until = 1
        for i, (row, origin) in enumerate(zip(self._rows, self._origins)):
            if i - looked == until:
                until, looked = rows_done(until), i
            if origin is not None:
                place.document = origin
                if i >= told:
                    told = i + place.tell()
            yield i, row
        over()

    def _meet(self, function, options, with_indices, with_rank, batched):
        if with_indices or with_rank or batched:
            look('the places of rows' if not batched else 'batches of rows')
        begin(function, options)

    def _tell(self, i):
        origin = self._origins[i]
        if origin is not None:
            place.at(origin)

    def _batches(self, batch_size, input_columns, drop_last=False):
        size = batch_size if batch_size and batch_size > 0 else len(self)
        for start in range(0, len(self), size):
            positions = list(range(start, min(start + size, len(self))))
            if drop_last and len(positions) < size:
                return
            self._tell(start)
            part = self._part(positions)
            yield positions, [LazyRow(part)] if input_columns is None else columns_of(part, input_columns)

    def _part(self, positions):
        return {name: LazyColumn(self._rows[i][name] for i in positions) for name in self._types}

    def select_columns(self, column_names, **ignored):
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        for name in names:
            if name not in self._types:
                raise ValueError(f'Column name {name} not in the dataset. Current columns in the dataset: {self.column_names}')
        return Dataset([{name: row[name] for name in names} for row in self._rows], {name: self._types[name] for name in names}, self._origins)

    def remove_columns(self, column_names, **ignored):
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        for name in names:
            if name not in self._types:
                raise ValueError(f'Column name {name} not in the dataset. Current columns in the dataset: {self.column_names}')
        return self.select_columns([name for name in self._types if name not in names])

    def rename_columns(self, column_mapping, **ignored):
        for name in column_mapping:
            if name not in self._types:
                raise ValueError(f'Original column name {name} not in the dataset. Current columns in the dataset: {self.column_names}')
        new = [column_mapping.get(name, name) for name in self._types]
        if len(set(new)) != len(new):
            raise ValueError('New column names must all be different')
        return Dataset([dict(zip(new, row.values())) for row in self._rows], dict(zip(new, self._types.values())), self._origins)

    def rename_column(self, original_column_name, new_column_name, **ignored):
        return self.rename_columns({original_column_name: new_column_name})

    @together('add_column')
    def add_column(self, name, column, new_fingerprint=None, feature=None):
        values, kind = arrow.column(list(column))
        if name in self._types:
            raise ValueError(f'column {name} is there already')
        if self._rows and len(values) != len(self._rows):
            raise arrow.ArrowInvalid('the column has another length')
        return Dataset([{**row, name: value} for row, value in zip(self._rows, values)], {**self._types, name: kind}, self._origins)

    def cast_column(self, column, feature, **ignored):
        kind = kind_of(feature)
        values = [row[column] for row in self._rows]
        # Where Arrow keeps it as it did, only the name of its type changes.
        if column not in self._types or arrow.storage(kind) != arrow.storage(self._types[column]):
            values = arrow.forced(values, kind)
        rows = [{**row, column: value} for row, value in zip(self._rows, values)]
        return Dataset(rows, {**self._types, column: kind}, self._origins)

    def cast(self, features, **ignored):
        result = self
        for name, feature in features.items():
            result = result.cast_column(name, feature)
        return result

    def flatten_indices(self, *args, **ignored):
        return self

    def with_format(self, type=None, **ignored):
        if type not in (None, 'python'):
            raise refusing.Unavailable(f'Dataset.with_format({type!r}) is not in the sandbox')
        return self

    def __getattr__(self, name):
        if name.startswith('_'):
            raise AttributeError(name)
        raise refusing.Unavailable(f'Dataset.{name} is not in the sandbox')


class LazyColumn(list):
    """A column of a batch, not looked at yet."""


def kind_of(feature):
    return features.kind_of(feature)


def columns_of(row, names):
    return [fresh(row[name]) for name in ([names] if isinstance(names, str) else names)]


def extras(position, with_indices, with_rank):
    return [position] * with_indices + [None] * with_rank


def merged(given, done, removed):
    """`prepare_outputs` of `Dataset.map`: the row as the function left it, under what the function gave."""
    # The commonest kinds first: to ask an abstract class is slow.
    plain = type(done) is dict
    if not plain and not isinstance(done, Mapping):
        raise TypeError(f'Provided `function` which is applied to all elements of table returns a variable of type {type(done)}. Make sure '
                        'provided `function` returns a variable of type `dict` (or a pyarrow table) to update the dataset or `None` if '
                        'you are only interested in side effects.')
    base = dict(given.data if type(given) is LazyRow else given)
    lazy = not plain and isinstance(done, LazyRow)
    if lazy:
        done = {name: value for name, value in done.data.items() if name not in done.lazy}
    for name in removed:
        base.pop(name, None)
        if lazy:
            done.pop(name, None)
    base.update(done)
    return base


def stays(dataset, positions, rows):
    """Whether rows that a batch gave are the batch's, one by one: some column that they share is unchanged throughout."""
    shared = [name for name in dataset._types if rows and name in rows[0]]
    return any(all(row[name] == dataset._rows[i][name] for i, row in zip(positions, rows)) for name in shared)


class DatasetDict(dict):
    def map(self, *args, **options):
        return DatasetDict((split, part.map(*args, **options)) for split, part in self.items())

    def filter(self, *args, **options):
        return DatasetDict((split, part.filter(*args, **options)) for split, part in self.items())


@together('concatenate_datasets')
def concatenate_datasets(dsets, info=None, split=None, axis=0):
    dsets = list(dsets)
    types = {}
    for part in dsets:
        for name, kind in part._types.items():
            types[name] = arrow.merge(types[name], kind) if name in types else kind
    rows = [{name: arrow.convert(row.get(name), kind) for name, kind in types.items()} for part in dsets for row in part._rows]
    return Dataset(rows, types, list(itertools.chain.from_iterable(part._origins for part in dsets)))


class DataFrame:
    """Of pandas just enough to hold rows for `Dataset.from_pandas`."""

    @together('a DataFrame')
    def __init__(self, data=None):
        if isinstance(data, dict):
            columns = {name: list(values) for name, values in data.items()}
            self.rows = [dict(zip(columns, values)) for values in zip(*columns.values())]
        else:
            self.rows = [dict(row) for row in data or []]
