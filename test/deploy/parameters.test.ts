import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** What the framework hands to the files that serverless.yml includes. */
type Resolver = { resolveVariable: (name: string) => Promise<unknown> };

const load = createRequire(join(import.meta.dirname, '..', '..', 'deploy', 'x'));
const options: { vpc: (resolver: Resolver) => Promise<unknown> } = load('./options.cjs');
const roles: (resolver: Resolver) => Promise<unknown> = load('./roles.cjs');

function resolver(params: Record<string, string>): Resolver {
  const all: Record<string, string> = {
    ...{
      vpcSubnetIds: '',
      vpcSecurityGroupIds: '',
      secretsKeyArn: '',
      postgresUriFrom: 'ssm:a',
      mongodbUriFrom: 'ssm:b',
    },
    ...params,
  };
  return { resolveVariable: async (name) => all[name.replace('param:', '')] ?? 'x' };
}

it.each([{ vpcSubnetIds: 'subnet-1' }, { vpcSecurityGroupIds: 'sg-1' }])('refuses half a VPC: %j', async (params) => {
  await expect(options.vpc(resolver(params))).rejects.toThrow('go together');
});

it.each(['', 'postgres://a/b', 'ssm:', 'vault:x'])('refuses %j as a name of a secret', async (postgresUriFrom) => {
  await expect(roles(resolver({ postgresUriFrom }))).rejects.toThrow('use ssm:NAME or secretsmanager:NAME#KEY');
});
