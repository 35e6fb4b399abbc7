import { wantedPorts } from '../doors.ts';
import { type Check, fail, ok, unknown, warn } from '../finding.ts';

/** Does systemd start the agent? */
export const unit: Check = {
  name: 'unit',
  decide(facts) {
    const { unit, agent } = facts;
    if (!unit.known)
      return [
        unknown(`systemd does not tell of its units: ${unit.why}`, 'see how the agent is started here by yourself'),
      ];
    const { active, file } = unit.value;
    if (file === undefined && active === undefined) {
      return [warn('there is no unit uga-system-agent', 'install the package, or start the agent by hand')];
    }
    if (active === 'failed') return [fail('uga-system-agent has failed', 'see why: journalctl -u uga-system-agent')];
    if (file === 'masked') return [fail('uga-system-agent is masked', 'systemctl unmask uga-system-agent')];
    const isStartedByPort = wantedPorts(facts).some(({ port }) => port !== undefined);
    if (file === 'disabled' && !isStartedByPort)
      return [warn('uga-system-agent is not started with the machine', 'systemctl enable uga-system-agent')];
    if (active !== 'active') {
      if (agent.known)
        return [
          warn(
            `uga-system-agent is ${active ?? 'not loaded'}, an agent runs without it`,
            'stop that one, then: systemctl start uga-system-agent',
          ),
        ];
      return [fail(`uga-system-agent is ${active ?? 'not loaded'}`, 'systemctl start uga-system-agent')];
    }
    const how = file === 'disabled' ? 'started when a port appears' : (file ?? 'transient');
    return [ok(`uga-system-agent is active (${how})`)];
  },
};
