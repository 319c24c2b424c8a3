"""Runs what asking needs of a task: `process_docs` on its splits, then the functions of its fields on each document."""

from operator import is_
from random import seed
from traceback import extract_tb

from sampler_box import apart, arrow, chance, dataset, loader, refusing, values


# Telling the host of a document costs as much as a plain filter of it: it hears of one in so many. Where these take too long
# the host asks again, in a fresh box, to be told of each (lib/sandbox/keeper.ts).
TOLD = 32

# Stands among the values for the documents that functions changed (lib/processed/docs.ts).
LEFT = 'instances.doc'


class Place:
    """Where the work is, for messages and for whoever watches how long a document takes."""
    function = None
    document = None
    # The function's place among those of the request.
    number = -1
    beat = None
    every = 1
    left = 0

    def enter(self, function, document=None, number=-1):
        """A function begins. The next document is told of, whichever comes: until then none is in work."""
        self.function, self.document, self.number = function, document, number
        self.tell()
        self.left = 0

    def enter_field(self, references, field):
        self.enter(references[field]['name'], number=list(references).index(field))

    def at(self, document):
        self.document = document
        self.left -= 1
        if self.left <= 0:
            self.left = self.tell()

    def tell(self):
        """Tells the host, and gives for how many documents that will do."""
        if self.beat is not None:
            self.beat(-1 if self.document is None else self.document, self.number)
        return self.every


PLACE = Place()
# A metaclass of the task's own may call its classes what it likes.
NAME_OF = type.__dict__['__name__'].__get__
dataset.place = PLACE


def told(error):
    """An exception as it is reported: the beginnings of its class's name and of its message."""
    try:
        text = str(error)[:300]
    except BaseException:
        text = ''
    # Half surrogate pairs would not cross.
    return {'err': NAME_OF(type(error))[:100], 'm': text.encode('utf-8', 'replace').decode()}


def run(request):
    functions = {}
    try:
        for field, reference in request['functions'].items():
            PLACE.enter_field(request['functions'], field)
            functions[field] = loader.function_of(reference)
    except MemoryError:
        raise
    except BaseException as error:
        return {'unloadable': told(error), 'function': PLACE.function, 'number': PLACE.number}
    seed(0)
    chance.seed(1234)
    refusing.RUNNING = True
    PLACE.every = 1 if request.get('exact') else TOLD
    watched = request.get('watch', False)
    if watched:
        return {'splits': [watched_split(split, functions, request['functions']) for split in request['splits']]}
    # The harness has the documents of all splits before a field's function sees one: a draw from a generator counts.
    made = [documents_of(split, functions, request['functions'], apart.NOBODY) for split in request['splits']]
    return {'splits': [with_values(*one, split, functions, request['functions'], apart.NOBODY)
                       for one, split in zip(made, request['splits'])]}


def watched_split(split, functions, references):
    """One split, with what was seen of functions that look at rows together (apart.py)."""
    watch = apart.Watch()
    watch.add(functions)
    dataset.settled.clear()
    set_watch(watch)
    try:
        answer = with_values(*documents_of(split, functions, references, watch), split, functions, references, watch)
        answer['together'] = {**watch.finish(), 'settled': [answer.get('given'), *dataset.settled]}
        return answer
    finally:
        set_watch(apart.NOBODY)


def set_watch(watch):
    dataset.begin, dataset.rows_done, dataset.over = watch.begin, watch.rows_done, watch.over


def documents_of(split, functions, references, watch):
    """The answer about one split, with which documents come of it but for their values, and these; None where there are none."""
    rows, types = rows_of(split)
    given = dataset.Dataset(rows, types, list(range(len(rows))))
    docs = given
    if 'process_docs' in functions:
        PLACE.enter_field(references, 'process_docs')
        dataset.look = watch.look
        try:
            docs = functions['process_docs'](given)
            if not isinstance(docs, dataset.Dataset):
                raise TypeError(f'process_docs gave {type(docs).__name__}, no Dataset')
        except MemoryError:
            raise
        except BaseException as error:
            return {'failed': told(error), 'document': PLACE.document, 'trace': traced(error)}, None
        finally:
            dataset.look = apart.NOBODY.look
    answer = described(docs, rows, types)
    answer['given'] = list(types.items())
    return answer, docs


def with_values(answer, docs, split, functions, references, watch):
    """The answer about one split, with what the functions of fields make of each document."""
    if docs is None:
        return answer
    asked = [field for field in split.get('asked', ()) if field in split['fields']]
    # What the functions that make an instance get is one and the same document, and the instance shows it as they leave it.
    shared = [docs[i] for i in range(len(docs))] if asked else []
    for field in (*asked, *(field for field in split['fields'] if field not in asked)):
        PLACE.enter_field(references, field)
        given_to = shared if field in asked else docs
        answer['values'][field] = [value_of(functions[field], given_to, i, watch) for i in range(len(docs))]
    left = [None if identical(doc, row) else doc for doc, row in zip(shared, docs._rows)]
    if any(doc is not None for doc in left):
        answer['values'][LEFT] = [value_of(as_it_is, left, i, apart.NOBODY) for i in range(len(left))]
    return answer


def as_it_is(doc):
    return doc


def traced(error):
    """The innermost lines of the task's own code."""
    try:
        frames = [frame for frame in extract_tb(error.__traceback__) if frame.filename.startswith(loader.ROOT)]
        return [f'{frame.filename.removeprefix(loader.ROOT + "/")}:{frame.lineno}'[:200] for frame in frames[-3:]]
    except Exception:
        return []


def value_of(function, docs, i, watch):
    PLACE.at(i)
    try:
        return {'v': values.encoded(function(docs[i]))}
    except MemoryError:
        raise
    except BaseException as error:
        return told(error)
    finally:
        watch.row_done()


def rows_of(split):
    names = split['columns']
    given = split['types']
    types = {name: arrow.type_of(given[name]) if given.get(name) is not None else None for name in names}
    # A split comes by columns, which are read faster, or by rows.
    columns = split['values'] if 'values' in split else [list(values) for values in zip(*split['rows'])] or [[] for _ in names]
    for i, (name, kind) in enumerate(types.items()):
        if kind is None:
            types[name] = arrow.plain(columns[i]) or arrow.plain_lists(columns[i])
            if types[name] is None:
                columns[i], types[name] = arrow.column([values.decoded(x) for x in columns[i]])
        elif values.has_tags(kind):
            columns[i] = [values.decoded(x) for x in columns[i]]
    if not names:
        return [{} for _ in split.get('rows', range(split.get('count', 0)))], types
    return [dict(zip(names, row)) for row in zip(*columns)], types


def described(docs, rows, types):
    """The documents: in which order they stem from which rows, and the columns in which they differ from them."""
    names = list(docs._types)
    origins = docs._origins
    known = None not in origins
    given = [rows[origin] for origin in origins] if known else []
    # Filters hand on the very rows.
    untouched = known and all(map(is_, docs._rows, given)) and (not given or list(given[0]) == names)
    differing = {}
    for name in names if not untouched else ():
        column = [doc[name] for doc in docs._rows]
        kind = docs._types[name]
        # All rows of a split have the same columns.
        there = known and name in types
        if not there or not same(column, [row[name] for row in given], kind == types[name] and exact(kind)):
            tags = values.has_tags(kind) or values.has_words(kind)
            differing[name] = [values.crossing(value) for value in column] if tags else column
    return {'columns': names, 'types': docs._types, 'count': len(docs._rows), 'origins': origins, 'differing': differing, 'values': {}}


def exact(kind):
    """Whether equal values of a column of that type are the same: so it is where it holds one kind of values, and no floats."""
    return kind in ('string', 'bool') or kind in arrow.INTS or kind[0] == 'list' and exact(kind[1])


def same(column, olds, of_one_kind):
    if all(map(is_, column, olds)):
        return True
    if of_one_kind:
        return column == olds
    return all(old is value or identical(old, value) for value, old in zip(column, olds))


def identical(a, b):
    """Equal in value and in kind, all the way down; floats bit for bit, but for the signs of NaN."""
    if a is b:
        return True
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is list:
        return len(a) == len(b) and all(map(identical, a, b))
    if kind is dict:
        return list(a) == list(b) and all(identical(x, b[name]) for name, x in a.items())
    if kind is float:
        return a.hex() == b.hex()
    return a == b
