import { type Check, fail, ok, warn } from '../finding.ts';

/** D-Bus and logind: without them sessions are guessed. */
export const bus: Check = {
  name: 'bus',
  decide({ bus, agent }) {
    if (!bus.known) {
      return [
        warn(
          `D-Bus does not answer: ${bus.why}`,
          'install and start dbus; without it only users in [link] allow-uid are served',
        ),
      ];
    }
    const findings = [
      bus.value.logind
        ? ok('D-Bus and logind answer')
        : warn('logind is not on the bus', 'start systemd-logind; without it locks and switches are not seen'),
    ];
    if (agent.known && !agent.value.status.bus.connected) {
      findings.push(fail('the agent has not reached D-Bus', 'restart it: systemctl restart uga-system-agent'));
    }
    return findings;
  },
};
