import type { AgentStatus } from '#protocol/control/status.ts';
import { type Check, type Finding, ok, unknown, warn } from '../finding.ts';

type Session = AgentStatus['sessions'][number];

/** Is a session found, served, and of the same release? */
export const sessions: Check = {
  name: 'sessions',
  decide({ agent, installed }) {
    if (!agent.known) return [unknown('the sessions only the agent knows', 'start the agent')];
    const { sessions, agents, source, complete } = agent.value.status;
    const graphical = sessions.filter((one) => one.class === 'user' && ['x11', 'wayland', 'mir'].includes(one.type));
    const whose = complete ? '' : ' of yours';
    const findings = graphical.map((session) => {
      const own = agents.find((one) => one.session === session.id);
      return judge(session, own?.build, installed.version);
    });
    if (source === 'none')
      findings.push(
        warn('nobody tells who is logged in', 'install a logind (systemd), or name users in [link] allow-uid'),
      );
    return findings.length > 0 ? findings : [ok(`no desktop session${whose} is open`)];
  },
};

function judge(session: Session, build: string | undefined, installed: string): Finding {
  const { id, user, type, active, locked, served } = session;
  const name = `session ${id} of ${user} (${type})`;
  if (build === undefined) {
    const advice = 'log out and in, or: systemctl --user start uga-session-agent';
    return warn(`${name} has no session agent: no clipboard, no resizing`, advice);
  }
  if (build !== installed) {
    return warn(`${name}: its agent is ${build}, ${installed} is installed`, 'log out and in to renew it');
  }
  if (locked) return warn(`${name} is locked: it has no clipboard`, 'unlock the screen');
  if (!active) return warn(`${name} is not in the foreground`, 'switch to it; hosts reach the foreground only');
  if (!served) return warn(`${name} is not served`, 'log out and in; if that does not help, report it');
  return ok(`${name} is active and served`);
}
