/**
 * Keys of AWS from the environment, where Lambda has them, in place of all the other places that the package
 * `@aws-sdk/credential-provider-node` would look at: profiles, single sign-on, instances (`alias` in serverless.yml). Those brought
 * clients of four more services into each bundle, which a start has to read past. The command line is not bundled, and
 * looks everywhere.
 */
import { fromEnv } from '@aws-sdk/credential-provider-env';

/** For clients of AWS: `@aws-sdk/credential-provider-node`. */
export const defaultProvider = fromEnv;
/** For MongoDB's driver, where an address asks for MONGODB-AWS: `@aws-sdk/credential-providers`. */
export const fromNodeProviderChain = fromEnv;
