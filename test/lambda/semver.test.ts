import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import * as own from '../../lib/lambda/semver.ts';

const require = createRequire(
  import.meta.resolve('aws-xray-sdk-core', import.meta.resolve('@aws-lambda-powertools/tracer')),
);
const original: typeof own = require('semver');

it.each(['2.7.14', '2.7.15', '2.7.16', '2.10.0', '2.6.99', '3.0.0', '1.99.99', '2.1692.0'])(
  'compares version %s with the least one as the package does',
  (version) => {
    expect(own.gte(version, '2.7.15')).toBe(original.gte(version, '2.7.15'));
  },
);
