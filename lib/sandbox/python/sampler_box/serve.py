"""Answers requests of the host: one JSON text in, one out, as bytes of UTF-8."""

import random
import sys

from json import JSONDecoder
from json.encoder import c_make_encoder, encode_basestring, encode_basestring_ascii

from sampler_box import alarm, chance, loader, packing, process, refusing, scoring, values, warm

# Where the harness's numbers may be longer than this, its Python refuses them as well.
sys.set_int_max_str_digits(4300)
# Frames of Python that fit the stack of the box; a deeper recursion is a RecursionError, not a crash.
DEEPEST_CALLS = 900

FUNCTIONS = {}
# Functions of C, which read and print the same whatever a task's code makes of `json`.
READ = JSONDecoder().scan_once


def serve(buffer):
    request, _ = READ(buffer.to_bytes().decode(), 0)
    try:
        return dumped(OPERATIONS[request['op']](request))
    except MemoryError:
        return dumped({'broken': 'memory', **place()})
    except BaseException as error:
        return dumped({'failed': process.told(error), **place()})
    finally:
        refusing.RUNNING = False
        process.PLACE.every = 1


def place():
    return {'function': process.PLACE.function, 'number': process.PLACE.number, 'document': process.PLACE.document}


def dumped(answer):
    try:
        return printed(answer, encode_basestring).encode()
    except UnicodeEncodeError:
        # Half surrogate pairs cross as escapes.
        return printed(answer, encode_basestring_ascii).encode()


def printed(answer, quote):
    return ''.join(c_make_encoder({}, refused, quote, None, ':', ',', False, False, True)(answer, 0))


def refused(value):
    raise TypeError('a value of an answer is none of JSON')


def opened(request):
    for wheel in request.get('wheels', []):
        sys.path.append(f'/wheels/{wheel}')
        loader.REFUSED = loader.REFUSED - packing.packages(f'/wheels/{wheel}')
    if any(wheel.startswith('math_verify-') for wheel in request.get('wheels', [])):
        warm.mathematics()
    loader.mount(request['files'])
    random.seed(0)
    chance.seed(1234)
    return {'opened': True}


def called(request):
    """Calls functions one after the other; each is loaded once and stays."""
    results = []
    for i, call in enumerate(request['calls']):
        reference = call['function']
        process.PLACE.enter(reference['name'], i)
        key = reference['path'], reference['name']
        try:
            if key not in FUNCTIONS:
                refusing.RUNNING = False
                FUNCTIONS[key] = loader.function_of(reference)
            refusing.RUNNING = True
            given = [values.decoded(x) for x in call['args']]
            options = {name: values.decoded(x) for name, x in call.get('kwargs', {}).items()}
            results.append({'v': values.encoded(scoring.KINDS[call.get('kind', 'call')](FUNCTIONS[key], given, options))})
        except MemoryError:
            raise
        except BaseException as error:
            results.append(process.told(error))
        finally:
            refusing.RUNNING = False
    return {'results': results}


OPERATIONS = {'open': opened, 'call': called, 'process': process.run, 'pack': packing.packed}


def arm():
    """Readies the box: what leads from Python into JavaScript goes out of sight, though the walls do not depend on it."""
    for name in ('js', 'pyodide_js', '_pyodide_core'):
        sys.modules.pop(name, None)
    sys.setrecursionlimit(DEEPEST_CALLS)


def set_beat(beat):
    process.PLACE.beat = beat


def set_alarm(arm):
    alarm.install(arm)
