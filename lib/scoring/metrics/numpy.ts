/** The few functions of numpy that the harness scores choices with. */

/** `np.argmax`: the first of the largest; a NaN counts as larger than all, the first one wins. */
export function argmax(values: readonly number[]): number {
  let best = 0;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) return i;
    if (value > (values[best] ?? Number.NaN)) best = i;
  }
  return best;
}

/** `lm_eval.utils.softmax`: probabilities that add up to 1. */
export function softmax(values: readonly number[]): number[] {
  const highest = values.reduce((most, value) => (Number.isNaN(value) || value > most ? value : most), -Infinity);
  const powers = values.map((value) => Math.exp(value - highest));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/** The sum, from left to right. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** `mean` of lm_eval/api/metrics.py. NaN for nothing. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** `mean_stderr` of lm_eval/api/metrics.py: the sample's deviation by the root of its size. NaN for fewer than two. */
export function meanStderr(values: readonly number[]): number {
  const middle = mean(values);
  const squares = sum(values.map((value) => (value - middle) ** 2));
  return Math.sqrt(squares / (values.length - 1)) / Math.sqrt(values.length);
}
