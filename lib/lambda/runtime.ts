import { Metrics } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { type Config, readConfig, type Setting } from '../config/config.ts';
import { Logger, serviceName } from '../log/log.ts';

/** What a function has for as long as its instance lives. */
export interface FunctionRuntime<Needed extends Setting> {
  readonly config: Config<Needed>;
  /** Makes the calls of a client of AWS show in the trace. */
  readonly traced: <Client>(client: Client) => Client;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
}

/** Under which metrics stand in CloudWatch; POWERTOOLS_METRICS_NAMESPACE overrides it. */
const NAMESPACE = 'sampler';

/** Where a packaged bundle tells whether it took the code that was kept for it, or why not (deploy/compiled-bundle.cjs). */
const COMPILED = Symbol.for('sampler.compiledBundle');

/**
 * Reads the settings that a function needs and makes what observes it; what the operator should hear is logged.
 * @throws PermanentError Configuration: a setting is missing or not right.
 */
export function startRuntime<const Needed extends Setting>(needs: readonly Needed[]): FunctionRuntime<Needed> {
  const config = readConfig(process.env, needs);
  const log = new Logger(config.logLevel);
  for (const warning of config.warnings) log.warn(warning);
  const compiled: unknown = Reflect.get(globalThis, COMPILED);
  if (compiled !== undefined && compiled !== 'taken') log.info('Compiles its bundle for itself', { compiled });
  const name = { serviceName: serviceName() };
  const metrics = new Metrics({
    ...name,
    namespace: process.env['POWERTOOLS_METRICS_NAMESPACE'] || NAMESPACE,
    defaultDimensions: { function: process.env['AWS_LAMBDA_FUNCTION_NAME'] || 'unnamed' },
  });
  // What functions return says nothing that the log does not, and may be long.
  const tracer = new Tracer({ ...name, captureHTTPsRequests: false });
  return { config, log, metrics, tracer, traced: (client) => tracer.captureAWSv3Client(client) };
}
