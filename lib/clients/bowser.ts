/**
 * What the AWS SDK asks the package `bowser` for, which knows browsers by their names (`alias` in serverless.yml): in browsers
 * only, but it was in each bundle.
 */
export function parse(): Record<string, never> {
  return {};
}
