'use strict';
/**
 * Makes `sls invoke local` work on the running local stack: its functions get the environment of `.local/env` (or of the
 * file that SAMPLER_ENV_FILE names). In serverless.yml the queues and the bucket are references, which that command would look up at AWS. All other commands
 * are left alone. The framework loads plugins with `require`, hence CommonJS.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parseEnv } = require('node:util');

/** Time for what the function wrote to reach its reader. */
const GRACE_MS = 500;

module.exports = class InvokeLocal {
  constructor(serverless) {
    this.hooks = {
      initialize: () => {
        if (serverless.processedInput.commands.join(' ') === 'invoke local') useLocalEnvironment(serverless);
      },
      // The function's connections stay open, as they do on Lambda; here nobody calls it again.
      'after:invoke:local:invoke': () => void setTimeout(() => process.exit(), GRACE_MS).unref(),
    };
  }
};

function useLocalEnvironment(serverless) {
  const file = process.env.SAMPLER_ENV_FILE || join(serverless.serviceDir, '.local', 'env');
  const environment = parseEnv(readStackEnvironment(file, serverless.classes.Error));
  Object.assign(process.env, environment);
  // What fetches secrets on Lambda has none to fetch here.
  const { NODE_OPTIONS: _onLambda, ...shared } = serverless.service.provider.environment;
  serverless.service.provider.environment = { ...shared, ...environment };
  for (const definition of Object.values(serverless.service.functions)) definition.environment = {};
}

function readStackEnvironment(file, FrameworkError) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new FrameworkError(
      `There is no ${file}: the local stack has not run yet. Start it with: npm start`,
      error.code,
    );
  }
}
