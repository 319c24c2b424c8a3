/** One service's latency promise (`timeouts.<service>` of the configuration). Times are in seconds. */
export interface TimeoutProfile {
  /** Time to first token: agreed times (`sla_time`) at prompt lengths in tokens (the key's spelling is the service's). */
  readonly ttft: { readonly prompt_lenght: readonly number[]; readonly sla_time: readonly number[] };
  /** Time per output token. */
  readonly tpot: number;
  /** Time a request may wait in line. */
  readonly queue: number;
}

/** Seconds where nothing is configured. */
const DEFAULT_TIMEOUT = 60;

/**
 * How long a Requester waits for an answer: seconds, from the prompt's and the answer's length in tokens (PAYLOAD-13).
 * The profile of the service holds, else `default`, else 60 s.
 */
export function timeoutFor(
  timeouts: Readonly<Record<string, TimeoutProfile>> | undefined,
  service: string,
): (ctxlen: number, decode: number) => number {
  const profile = ownProfile(timeouts, service) ?? ownProfile(timeouts, 'default');
  if (!profile) return () => DEFAULT_TIMEOUT;
  const curve = polyfit(profile.ttft.prompt_lenght, profile.ttft.sla_time, 2);
  return (ctxlen, decode) => Math.trunc(polyval(curve, ctxlen) + profile.tpot * decode + profile.queue);
}

/** Service names come from messages: only the configuration's own keys count, never what every object inherits. */
function ownProfile(
  timeouts: Readonly<Record<string, TimeoutProfile>> | undefined,
  name: string,
): TimeoutProfile | undefined {
  return timeouts && Object.hasOwn(timeouts, name) ? timeouts[name] : undefined;
}

/**
 * The coefficients, highest power first, of the least-squares polynomial through the points, as `numpy.polyfit` finds
 * them: columns scaled to unit length, singular values below `n * eps` of the largest treated as zero, so that too few
 * points give the shortest solution instead of an error.
 */
export function polyfit(x: readonly number[], y: readonly number[], degree: number): number[] {
  const columns = Array.from({ length: degree + 1 }, (_, j) => x.map((value) => value ** (degree - j)));
  const scales = columns.map((column) => Math.sqrt(dot(column, column)) || 1);
  const scaled = columns.map((column, j) => column.map((value) => value / (scales[j] ?? 1)));
  return leastSquares(scaled, y, x.length * Number.EPSILON).map((c, j) => c / (scales[j] ?? 1));
}

/** The polynomial's value, by Horner's rule as `numpy.polyval` computes it. */
export function polyval(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, c) => sum * x + c, 0);
}

const MAX_SWEEPS = 60;

/** Least squares by one-sided Jacobi: columns are rotated until orthogonal; their lengths are the singular values. */
function leastSquares(columns: number[][], y: readonly number[], rcond: number): number[] {
  const u = columns.map((column) => [...column]);
  const v = u.map((_, i) => u.map((_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0, rotated = true; rotated && sweep < MAX_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < u.length; p++) {
      for (let q = p + 1; q < u.length; q++) rotated = orthogonalize(u, v, p, q) || rotated;
    }
  }
  const singular = u.map((column) => Math.sqrt(dot(column, column)));
  const cut = rcond * Math.max(...singular);
  const result = u.map(() => 0);
  u.forEach((column, k) => {
    const s = singular[k] ?? 0;
    if (s <= cut) return;
    const weight = dot(column, y) / (s * s);
    for (let j = 0; j < result.length; j++) result[j] = (result[j] ?? 0) + weight * (v[k]?.[j] ?? 0);
  });
  return result;
}

/** Rotates columns p and q (and their record v) until they are orthogonal; false where they already were. */
function orthogonalize(u: number[][], v: number[][], p: number, q: number): boolean {
  const [a, b, va, vb] = [u[p], u[q], v[p], v[q]];
  if (!a || !b || !va || !vb) return false;
  const [alpha, beta, gamma] = [dot(a, a), dot(b, b), dot(a, b)];
  if (Math.abs(gamma) <= Number.EPSILON * Math.sqrt(alpha * beta)) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const c = 1 / Math.sqrt(1 + t * t);
  rotate(a, b, c, c * t);
  rotate(va, vb, c, c * t);
  return true;
}

function rotate(a: number[], b: number[], c: number, s: number): void {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
