"""An emulation of `signal.alarm`, which WebAssembly lacks: the watcher of the box rings, up to a tenth of a second late."""

import math
import signal
import time

STATE = {'handler': signal.SIG_DFL, 'due': None}
real_signal, real_getsignal = signal.signal, signal.getsignal


def install(arm):
    """`arm` hands the watcher the milliseconds after which it shall ring; 0: not at all."""

    def alarm(seconds):
        left = 0 if STATE['due'] is None else max(1, round(STATE['due'] - time.monotonic()))
        STATE['due'] = time.monotonic() + seconds if seconds > 0 else None
        arm(math.ceil(seconds * 1000))
        return left

    def ring(number, frame):
        if STATE['due'] is None:
            return  # it was switched off while it rang
        early = STATE['due'] - time.monotonic()
        if early > 0:
            arm(math.ceil(early * 1000))
            return
        STATE['due'] = None
        if callable(STATE['handler']):
            STATE['handler'](number, frame)

    real_signal(signal.SIGALRM, ring)
    signal.alarm, signal.signal, signal.getsignal = alarm, set_handler, handler_of


def set_handler(number, handler):
    if number != signal.SIGALRM:
        return real_signal(number, handler)
    before, STATE['handler'] = STATE['handler'], handler
    return before


def handler_of(number):
    return STATE['handler'] if number == signal.SIGALRM else real_getsignal(number)

