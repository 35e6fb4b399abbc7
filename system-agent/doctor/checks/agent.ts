import { type Check, fail, ok } from '../finding.ts';

/** Does the agent run, and is it the one that is installed? */
export const agent: Check = {
  name: 'agent',
  decide({ agent, installed }) {
    if (!agent.known)
      return [fail(`the agent does not answer: ${agent.why}`, 'start it: systemctl start uga-system-agent')];
    const { version, commit, pid } = agent.value.status.program;
    if (version === installed.version && commit === installed.commit)
      return [ok(`uga ${version} runs, process ${pid}`)];
    const running = `${version} (${commit})`;
    const text = `uga ${running} runs, ${installed.version} (${installed.commit}) is installed`;
    return [fail(text, 'restart it: systemctl restart uga-system-agent')];
  },
};
