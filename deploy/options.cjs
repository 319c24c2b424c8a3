'use strict';
/** Parts of serverless.yml that are there or not, as the deployment's parameters say. The framework loads them with `require`. */

/** The VPC's subnets and security groups as lists. Throws where only one of the two is given. */
async function readVpc(resolveVariable) {
  const subnetIds = list(await resolveVariable('param:vpcSubnetIds'));
  const securityGroupIds = list(await resolveVariable('param:vpcSecurityGroupIds'));
  if (subnetIds.length === 0 && securityGroupIds.length === 0) return undefined;
  if (subnetIds.length > 0 && securityGroupIds.length > 0) return { subnetIds, securityGroupIds };
  throw new Error('vpcSubnetIds and vpcSecurityGroupIds go together: give both, or neither.');
}

function list(text) {
  return String(text)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

module.exports = {
  readVpc,
  vpc: async ({ resolveVariable }) => (await readVpc(resolveVariable)) ?? null,
  sweepConcurrency: async ({ resolveVariable }) => {
    const wanted = await resolveVariable('param:sweepConcurrency');
    return wanted === 'none' ? { Ref: 'AWS::NoValue' } : Number(wanted);
  },
};
