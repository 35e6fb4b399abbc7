import { type Check, fail, ok, unknown, warn } from '../finding.ts';

/** What may hosts do? */
export const policy: Check = {
  name: 'policy',
  decide({ agent }) {
    if (!agent.known) return [unknown('which policy is in force only the agent knows', 'start the agent')];
    const { complete, policy: inForce } = agent.value.status;
    if (!complete) return [unknown('the policy only root is told', "run 'uga doctor' as root")];
    if (inForce === undefined) return [warn('the agent is of a release without a policy', 'restart it')];
    const { profile, file, rules, broken } = inForce;
    if (broken !== undefined) {
      const advice = `see 'uga policy check', then: systemctl reload uga-system-agent`;
      return [fail(`${file} is not understood, so hosts may look and do nothing: ${broken}`, advice)];
    }
    return [ok(`profile ${profile}, ${rules === 0 ? 'no rules' : `${rules} rules`}`)];
  },
};
