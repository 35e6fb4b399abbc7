import { formatProblem, type Problem } from '../../config/findings.ts';
import { type Check, type Finding, fail, ok, unknown, warn } from '../finding.ts';

/** Is the configuration right, and what does it forbid? */
export const configuration: Check = {
  name: 'configuration',
  decide({ agent, problems }) {
    const findings: Finding[] = problems.map(judge);
    if (!agent.known) return [...findings, unknown('what is in force only the agent knows', 'start the agent')];
    const { doors, complete } = agent.value.status;
    if (!complete) return [...findings, unknown('the lists in force only root is told', "run 'uga doctor' as root")];
    const refused = doors.flatMap(({ details }) => details.filter(({ name }) => name === 'not enabled'));
    findings.push(
      ...refused.map(({ text }) =>
        warn(`hosts may not use ${text}`, 'nothing, if that is meant; else change the lists'),
      ),
    );
    return findings.length > 0 ? findings : [ok('no command is forbidden')];
  },
};

const RESTART = 'then: systemctl restart uga-system-agent';

/** Something without effect here is worth knowing; what is not understood keeps commands denied. */
function judge(problem: Problem): Finding {
  const text = formatProblem(problem);
  if (problem.severity === 'note') return warn(text, "nothing, or remove it; see 'uga config check'");
  return fail(text, `correct it, ${RESTART}`);
}
