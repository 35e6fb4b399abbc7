import { type Check, fail, ok, unknown, warn } from '../finding.ts';

/** Is what hosts do written down? */
export const audit: Check = {
  name: 'audit',
  decide({ agent, config }) {
    if (!agent.known) return [unknown('whether the audit log is written only the agent knows', 'start the agent')];
    const { audit } = agent.value.status;
    if (audit === undefined) {
      if (!agent.value.status.complete) return [unknown('the audit log only root is told of', ROOT)];
      return [
        config.auditDirectory === 'off'
          ? ok('no audit log is kept: [audit] directory is off')
          : warn('the agent keeps no audit log', 'see its options and how it was started'),
      ];
    }
    const { state, folder, count, lost, why = 'for a reason it does not tell' } = audit;
    if (state === 'failing') {
      const then = config.auditOnFailure === 'deny' ? 'what hosts ask is refused' : 'hosts are served nevertheless';
      return [fail(`the audit log in ${folder} cannot be written: ${why}; ${then}`, 'make room, or mend the folder')];
    }
    if (lost > 0) return [warn(`${lost} records of the audit log were lost`, "see 'uga audit show'")];
    return [ok(`${count} records in the audit log in ${folder}`)];
  },
};

const ROOT = "run 'uga doctor' as root";
