import { type Check, type Finding, fail, ok, unknown, warn } from '../finding.ts';

/** Are hosts connected? */
export const hosts: Check = {
  name: 'hosts',
  decide({ agent }) {
    if (!agent.known) return [unknown('whether hosts are connected only the agent knows', 'start the agent')];
    return agent.value.status.doors.flatMap(({ name, channel, state, why }): Finding[] => {
      const reason = why === undefined ? '' : ` (${why})`;
      switch (state) {
        case 'connected':
          return [ok(`${name}: a host is connected`)];
        case 'waiting':
          return [
            warn(
              `${name}: no host has opened ${channel}`,
              "nothing, if the host only connects when it asks; else look at the machine's state there",
            ),
          ];
        case 'busy':
          return [
            fail(
              `${name}: ${channel} is held by another program${reason}`,
              'stop it; as root, the lines above name it',
            ),
          ];
        case 'closed':
          return [
            fail(`${name}: ${channel} is closed${reason}`, 'restart the agent: systemctl restart uga-system-agent'),
          ];
        default: // off, and what is missing is said of the ports
          return [];
      }
    });
  },
};
