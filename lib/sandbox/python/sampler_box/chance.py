"""`numpy.random` with its legacy generator: the same draws as numpy's from the same seed (numpy/random, MT19937)."""

import random as _random

from sampler_box import numbers, refusing


class RandomState:
    def __init__(self, seed=None):
        self._bits = _random.Random()
        self.seed(seed)

    def seed(self, seed=None):
        seed = 0 if seed is None else int(seed)
        if not 0 <= seed < 2 ** 32:
            raise ValueError('Seed must be between 0 and 2**32 - 1')
        # init_genrand of MT19937, as numpy seeds with one number; Python seeds the same generator another way.
        state = [seed]
        for i in range(1, 624):
            state.append((1812433253 * (state[-1] ^ (state[-1] >> 30)) + i) & 0xFFFFFFFF)
        self._bits.setstate((3, (*state, 624), None))

    def get_state(self, legacy=True):
        _, words, _ = self._bits.getstate()
        return ('MT19937', list(words[:-1]), words[-1], 0, 0.0)

    def set_state(self, state):
        self._bits.setstate((3, (*[int(word) for word in state[1]], int(state[2])), None))

    def _word(self):
        return self._bits.getrandbits(32)

    def _below(self, most):
        """A whole number from 0 to `most`, by masks and rejection (`random_interval`)."""
        if most == 0:
            return 0
        mask = (1 << most.bit_length()) - 1
        while True:
            value = self._word() & mask if most <= 0xFFFFFFFF else ((self._word() << 32) | self._word()) & mask
            if value <= most:
                return value

    def random_sample(self, size=None):
        if size is None:
            return self._bits.random()
        count = size if isinstance(size, int) else size[0]
        return numbers.array([self._bits.random() for _ in range(count)])

    random = ranf = sample = random_sample

    def rand(self, *shape):
        return self.random_sample(shape[0] if shape else None)

    def uniform(self, low=0.0, high=1.0, size=None):
        if size is None:
            return low + (high - low) * self._bits.random()
        return numbers.array([low + (high - low) * self._bits.random() for _ in range(size)])

    def shuffle(self, values):
        for i in range(len(values) - 1, 0, -1):
            j = self._below(i)
            values[i], values[j] = values[j], values[i]

    def permutation(self, values):
        values = list(range(values)) if isinstance(values, int) else list(values)
        self.shuffle(values)
        return numbers.array(values) if all(isinstance(x, (int, float)) for x in values) else values

    def randint(self, low, high=None, size=None, dtype=int):
        if high is None:
            low, high = 0, low
        if low >= high:
            raise ValueError('low >= high')
        draw = lambda: low + self._below(high - low - 1)
        return draw() if size is None else numbers.array([draw() for _ in range(size)])

    def choice(self, values, size=None, replace=True, p=None):
        if p is not None:
            raise refusing.Unavailable('numpy.random.choice with probabilities is not in the sandbox')
        values = list(range(values)) if isinstance(values, int) else list(values)
        if not values:
            raise ValueError("'a' cannot be empty unless no samples are taken")
        if size is None:
            return values[self._below(len(values) - 1)]
        if replace:
            found = [values[self._below(len(values) - 1)] for _ in range(size)]
        else:
            if size > len(values):
                raise ValueError("Cannot take a larger sample than population when 'replace=False'")
            order = list(range(len(values)))
            self.shuffle(order)
            found = [values[i] for i in order[:size]]
        return numbers.array(found) if all(isinstance(x, (int, float)) for x in found) else found


def default_rng(seed=None):
    raise refusing.Unavailable('numpy.random.default_rng is not in the sandbox')


# The generator behind the module's own functions; `use` seeds it as the harness does.
GLOBAL = RandomState(1234)
for _name in ('seed', 'get_state', 'set_state', 'random_sample', 'random', 'rand', 'uniform', 'shuffle', 'permutation', 'randint', 'choice'):
    globals()[_name] = getattr(GLOBAL, _name)
