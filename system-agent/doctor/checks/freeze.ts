import type { Facts } from '../facts.ts';
import { type Check, type Finding, ok, unknown, warn } from '../finding.ts';

/** Does a freeze end whatever happens, and how did the last one? */
export const freeze: Check = {
  name: 'freeze',
  decide(facts) {
    return [guardFinding(facts), ...lastFindings(facts)];
  },
};

function guardFinding({ guard, config }: Facts): Finding {
  if (!guard.program) {
    return warn(
      'hosts cannot freeze: the guard, which thaws without the agent, is missing',
      'install the package again',
    );
  }
  const lease = `a freeze ends after ${config.freezeLease} s by itself`;
  const { socket } = guard;
  if (!socket.known) {
    return unknown(
      `${lease}, but who starts its guard cannot be seen: ${socket.why}`,
      'without systemd the agent does',
    );
  }
  if (socket.value.active !== 'active') {
    return warn(
      `${lease}, but its guard dies with the agent's control group: uga-freeze-guard.socket is not active`,
      'systemctl start uga-freeze-guard.socket',
    );
  }
  return ok(`${lease}, and systemd keeps its guard apart from the agent`);
}

function lastFindings({ agent }: Facts): readonly Finding[] {
  const last = agent.known ? agent.value.status.freeze : undefined;
  if (last === undefined) return [];
  if (last.state !== 'thawed') {
    const left = last.leaseLeft === undefined ? '' : `, for ${last.leaseLeft} s at most`;
    return [
      warn(`file systems are ${last.state}${left}`, "if no backup runs, have the host thaw: 'guest-fsfreeze-thaw'"),
    ];
  }
  if (last.ended === undefined) return [];
  return [warn(`the last freeze ended early: ${last.ended}`, 'do not trust the backup that was made meanwhile')];
}
