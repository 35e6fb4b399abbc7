import { wantedPorts } from '../doors.ts';
import { type Check, type Finding, fail, ok, unknown, warn } from '../finding.ts';

/** systemd, which keeps the agent's ports over a restart. Without an agent it keeps them for the next. */
const KEEPER = 1;

/** Who has the ports open? A port has room for one. */
export const holders: Check = {
  name: 'holders',
  decide(facts) {
    const present = wantedPorts(facts).flatMap(({ door, port }) => (port === undefined ? [] : [{ door, port }]));
    if (present.length === 0) return [];
    if (!facts.holders.known) return [unknown(`who holds the ports: ${facts.holders.why}`, "run 'uga doctor' as root")];
    const { value } = facts.holders;
    const agent = facts.agent.known ? facts.agent.value.status.program.pid : undefined;
    return present.map(({ door, port }): Finding => {
      const all = value.find(({ node }) => node === port.node)?.holders ?? [];
      const other = all.find(({ pid }) => pid !== agent && pid !== KEEPER);
      if (other !== undefined) {
        const text = `${door}: ${other.name} (process ${other.pid}) holds /dev/${port.node}`;
        return fail(text, `stop it: systemctl disable --now the unit that 'systemctl status ${other.pid}' names`);
      }
      if (all.length > 0) return ok(`${door}: the agent holds /dev/${port.node}`);
      if (agent === undefined)
        return warn(`${door}: nobody holds /dev/${port.node}`, 'start the agent: systemctl start uga-system-agent');
      return warn(`${door}: nobody holds /dev/${port.node}`, "look at the reason in 'uga status'");
    });
  },
};
